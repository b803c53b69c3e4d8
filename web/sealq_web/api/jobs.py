"""Jobs are made, cancelled, tried again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from sealq_producer.intake import Taken
from sealq_producer.sources import Skipped
from sealq_producer.stack import Stack
from sealq_producer.submit import Submitted, submit, submit_taken
from sealq_producer.wishes import wanted_spec
from sealq_storage.api_keys import Scope
from sealq_storage.errors import JobNotFoundError
from sealq_storage.jobs import NewJob, cancel_job, retry_job
from sealq_storage.sql.tables import Job
from sealq_storage.webhooks import rearm_webhook, set_webhook
from sealq_web.access import Caller, require
from sealq_web.api import PREFIX
from sealq_web.api.refusals import REFUSALS
from sealq_web.api.schemas import (
    Cancelled,
    JobId,
    JobMade,
    JobWishes,
    MadeDue,
    NewJobRequest,
    NewWebhook,
)
from sealq_web.dependencies import RunningStack
from sealq_web.errors import UnusableError
from sealq_web.sources import allowed_sources
from sealq_web.uploads import store_stream

router = APIRouter(prefix=PREFIX, tags=["jobs"], responses=REFUSALS)

#: Whoever may make jobs.
Submitter = Annotated[Caller, Depends(require(Scope.SUBMIT))]

#: Files in one upload.
_MOST_FILES = 10_000
#: Parts of an upload's form: the files, and what the job shall do.
_FILES, _WISHES = "files", "wishes"

_UPLOAD_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [_FILES],
                    "properties": {
                        _FILES: {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                        },
                        _WISHES: {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": {"$ref": "#/components/schemas/JobWishes"},
                            "description": "JobWishes as JSON; default: {}",
                        },
                    },
                }
            }
        },
    }
}


@router.post("/jobs", status_code=201, operation_id="createJob")
def create_job(
    wishes: NewJobRequest, request: Request, stack: RunningStack, caller: Submitter
) -> JobMade:
    """Make a job over documents that lie where the service may read them.

    It answers when all are listed. With the same `client_token` the same job is completed: after a
    broken connection send the request again.
    """
    skipped = Skipped()
    new = _new_job(wishes, stack, caller, first_name=wishes.sources[0])
    sources = allowed_sources(
        wishes.sources, wishes.include, wishes.exclude, stack.settings, skipped
    )
    _check_webhook(request, wishes.webhook)
    made = submit(stack, new, sources, lambda _: None)
    _note_webhook(stack, made.job_id, wishes.webhook)
    return _made(made, {str(reason): count for reason, count in skipped.counts.items()})


@router.post("/jobs/upload", status_code=201, operation_id="uploadJob", openapi_extra=_UPLOAD_FORM)
async def upload_job(request: Request, stack: RunningStack, caller: Submitter) -> JobMade:
    """Make a job over files that come with the request."""
    async with request.form(max_files=_MOST_FILES, max_fields=1) as form:
        files = [each for each in form.getlist(_FILES) if isinstance(each, UploadFile)]
        if not files:
            raise UnusableError(f"The form has no file in `{_FILES}`.")
        wishes = _wishes_of(form.get(_WISHES))
        return await run_in_threadpool(_upload, files, wishes, request, stack, caller)


@router.post("/jobs/{job_id}/cancel", operation_id="cancelJob")
def cancel(job_id: JobId, stack: RunningStack, caller: Submitter) -> Cancelled:
    """Take what is not read yet out of the work; what was read stays."""
    del caller
    with stack.sessions.begin() as session:
        return Cancelled(pages=cancel_job(session, known_job(session, job_id).id))


@router.post("/jobs/{job_id}/retry", operation_id="retryJob")
def retry(job_id: JobId, stack: RunningStack, caller: Submitter) -> MadeDue:
    """Read again what failed or was cancelled; the webhook tells of the new end too."""
    del caller
    stack.transport.ping()
    with stack.sessions.begin() as session:
        retried = retry_job(session, known_job(session, job_id).id)
        rearm_webhook(session, job_id)
    stack.dispatcher.republish_due(older_than=stack.settings.visibility_timeout, job_id=job_id)
    return MadeDue(documents=retried.documents, pages=retried.pages)


def known_job(session: Any, job_id: str) -> Job:
    """Return a job by its whole id.

    Raises:
        JobNotFoundError: There is none.
    """
    job: Job | None = session.get(Job, job_id)
    if job is None:
        raise JobNotFoundError(f"{job_id}: there is no such job.")
    return job


def _upload(
    files: Sequence[UploadFile],
    wishes: JobWishes,
    request: Request,
    stack: Stack,
    caller: Caller,
) -> JobMade:
    new = _new_job(wishes, stack, caller, first_name=files[0].filename or "upload")
    _check_webhook(request, wishes.webhook)
    made = submit_taken(stack, new, _taken(files, stack), lambda _: None)
    _note_webhook(stack, made.job_id, wishes.webhook)
    return _made(made, {})


def _taken(files: Sequence[UploadFile], stack: Stack) -> Iterator[Taken]:
    """Store the files; two of one name stay two documents."""
    seen: Counter[str] = Counter()
    for file in files:
        name = file.filename or "upload"
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name} ({seen[name]})"
        yield store_stream(stack.objects, unique, file.file, stack.settings.max_document_bytes)


def _wishes_of(text: object) -> JobWishes:
    try:
        return (
            JobWishes.model_validate_json(text) if isinstance(text, str) and text else JobWishes()
        )
    except ValidationError as exc:
        problems = "; ".join(
            f"{'.'.join(map(str, error['loc'])) or _WISHES}: {error['msg']}"
            for error in exc.errors()
        )
        raise UnusableError(f"The form's `{_WISHES}` can't be used: {problems}.") from exc


def _new_job(wishes: JobWishes, stack: Stack, caller: Caller, first_name: str) -> NewJob:
    by = {"by": caller.name} if caller.name else {}
    return NewJob(
        name=wishes.name or first_name,
        spec=wanted_spec(
            stack.settings,
            wishes.parameters,
            preset=wishes.preset,
            dpi=wishes.dpi,
            reading=wishes.reading,
        ),
        client_token=wishes.client_token,
        priority=wishes.priority,
        device_kind=wishes.device_kind,
        tags={**wishes.tags, **by},
        pages=wishes.pages,
    )


def _check_webhook(request: Request, webhook: NewWebhook | None) -> None:
    if webhook is not None:
        request.app.state.calls.check(webhook.url)


def _note_webhook(stack: Stack, job_id: str, webhook: NewWebhook | None) -> None:
    if webhook is not None:
        with stack.sessions.begin() as session:
            set_webhook(session, job_id, webhook.url, webhook.secret)


def _made(made: Submitted, skipped: dict[str, int]) -> JobMade:
    warning = None
    if made.unpublished is not None:
        warning = f"{made.unpublished} All documents are listed; workers take them up later."
    return JobMade(id=made.job_id, documents=made.documents, skipped=skipped, warning=warning)
