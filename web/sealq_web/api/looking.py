"""How jobs stand, and what was read: lists, a part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.orm import Session

from sealq_producer.stack import Stack
from sealq_storage.api_keys import Scope
from sealq_storage.browse import (
    DocumentFilter,
    DocumentRow,
    JobRow,
    Standing,
    browse_documents,
    browse_jobs,
)
from sealq_storage.errors import ObjectNotFoundError
from sealq_storage.objects.keys import READING_JSON
from sealq_storage.page_listing import ListedPage, ListedRegion, PageKey, list_pages
from sealq_storage.sql.tables import PageState, Reading
from sealq_storage.status import JobStatus, job_status
from sealq_storage.verdicts import Verdict, VerdictResult, count_verdicts
from sealq_storage.webhooks import find_webhook
from sealq_web.access import Caller, require
from sealq_web.api import PREFIX
from sealq_web.api.cursors import Cursor, Limit, read_numbers, read_text, write_cursor
from sealq_web.api.jobs import known_job
from sealq_web.api.refusals import REFUSALS
from sealq_web.api.schemas import (
    DocumentOut,
    FieldOut,
    JobDetails,
    JobId,
    JobSummary,
    LineOut,
    Listed,
    PageOut,
    PageResultOut,
    ReadingOut,
    RegionOut,
    Text,
    VerdictOut,
    WebhookStatus,
)
from sealq_web.dependencies import RunningStack
from sealq_web.errors import NotThereError

router = APIRouter(prefix=PREFIX, tags=["what was read"], responses=REFUSALS)

#: Whoever may look.
Reader = Annotated[Caller, Depends(require(Scope.READ))]

_MEDIA_TYPES = {".json": "application/json", ".jpg": "image/jpeg"}


@router.get("/jobs", operation_id="listJobs")
def jobs(
    stack: RunningStack, caller: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Listed[JobSummary]:
    """List jobs, newest first."""
    del caller
    before = read_text(cursor) if cursor else None
    with stack.queries.begin() as session:
        rows = browse_jobs(session, before, limit)
    after = write_cursor(rows[-1].id) if len(rows) == limit else None
    return Listed(items=[_summary(row) for row in rows], next=after)


@router.get("/jobs/{job_id}", operation_id="getJob")
def job(job_id: JobId, stack: RunningStack, caller: Reader) -> JobDetails:
    """Say how a job stands."""
    del caller
    with stack.queries.begin() as session:
        return details_of(session, known_job(session, job_id).id)


@router.get("/jobs/{job_id}/documents", operation_id="listDocuments")
def documents(
    job_id: JobId,
    stack: RunningStack,
    caller: Reader,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: Annotated[Standing | None, Query(description="Only those that stand so")] = None,
    verdict: Annotated[
        Verdict | Literal["none"] | None, Query(description="Only those with this verdict")
    ] = None,
    search: Annotated[
        Text | None, Query(description="Part of the name, or of what a seal says")
    ] = None,
) -> Listed[DocumentOut]:
    """List a job's documents, each with its verdict where an audit looked at it."""
    del caller
    after = read_numbers(cursor, 1)[0] if cursor else None
    wanted = DocumentFilter(verdict=verdict, standing=state, search=search)
    with stack.queries.begin() as session:
        rows = browse_documents(session, known_job(session, job_id).id, wanted, after, limit)
    follow = write_cursor(rows[-1].id) if len(rows) == limit else None
    return Listed(items=[_document(row) for row in rows], next=follow)


@router.get("/jobs/{job_id}/pages", operation_id="listPages")
def pages(
    job_id: JobId,
    stack: RunningStack,
    caller: Reader,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: Annotated[list[PageState], Query(description="Only those that stand so")] = [],  # noqa: B006
) -> Listed[PageOut]:
    """List a job's pages and how each stands."""
    del caller
    rows, follow = _listed(stack, job_id, cursor, limit, state)
    return Listed(items=[PageOut(**_standing(row)) for row in rows], next=follow)


@router.get("/jobs/{job_id}/results", operation_id="listResults")
def results(
    job_id: JobId,
    stack: RunningStack,
    caller: Reader,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Listed[PageResultOut]:
    """List the pages that were read, each with its seals."""
    del caller
    rows, follow = _listed(stack, job_id, cursor, limit, [PageState.DONE])
    return Listed(items=[_result(row) for row in rows], next=follow)


@router.get(
    "/readings/{reading_id}/{name}",
    operation_id="getReadingFile",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "application/json": {}}}},
)
def reading_file(
    reading_id: Annotated[int, Path(ge=1, le=2**63 - 1)],
    name: Annotated[str, Path(pattern=r"^[\w.-]{1,100}$")],
    stack: RunningStack,
    caller: Reader,
) -> Response:
    """Return `reading.json` or a picture of a reading, as `files` of a result names them."""
    del caller
    with stack.queries.begin() as session:
        reading = session.get(Reading, reading_id)
    # Only names that the reading itself has: nothing else of the object store can be had.
    if reading is None or name not in {READING_JSON, *reading.pictures}:
        raise NotThereError(f"There is no reading {reading_id}, or it has no file {name}.")
    try:
        content = stack.objects.get(f"{reading.object_prefix}/{name}")
    except ObjectNotFoundError as exc:
        raise NotThereError(f"{name} is no more in the object store.") from exc
    return Response(content, media_type=_MEDIA_TYPES[name[name.rindex(".") :]])


def details_of(session: Session, job_id: str) -> JobDetails:
    """Return all that is to be said of how a job stands."""
    status = job_status(session, job_id)
    webhook = find_webhook(session, job_id)
    return JobDetails(
        **_summary(status).model_dump(),
        preset=status.preset,
        known_pages=status.known_pages,
        seals=status.seals,
        cut_seals=status.cut_seals,
        tax_marks=status.tax_marks,
        pages_per_second=status.pace,
        seconds_left=status.seconds_left,
        verdicts={str(each): count for each, count in count_verdicts(session, job_id).items()},
        webhook=WebhookStatus.model_validate(webhook, from_attributes=True) if webhook else None,
    )


def verdict_out(verdict: VerdictResult) -> VerdictOut:
    """Return a verdict as it goes out."""
    return VerdictOut.model_validate(verdict, from_attributes=True)


def _listed(
    stack: Stack, job_id: str, cursor: str | None, limit: int, states: Sequence[PageState]
) -> tuple[list[ListedPage], str | None]:
    after = PageKey(*read_numbers(cursor, 2)) if cursor else None
    with stack.queries.begin() as session:
        rows = list_pages(session, known_job(session, job_id).id, after, limit, states)
    if len(rows) < limit:
        return rows, None
    last = rows[-1].key
    return rows, write_cursor(last.document_id, last.number)


def _summary(job: JobRow | JobStatus) -> JobSummary:
    return JobSummary.model_validate(job, from_attributes=True)


def _document(row: DocumentRow) -> DocumentOut:
    return DocumentOut(
        id=row.id,
        document=row.source,
        state=row.standing,
        page_count=row.page_count,
        pages=dict(row.pages),
        seals=row.seals,
        error=row.error,
        verdict=verdict_out(row.verdict) if row.verdict else None,
    )


def _standing(row: ListedPage) -> dict[str, Any]:
    page = row.row
    return {
        "document_id": page.document_id,
        "document": row.source,
        "page": page.number,
        "state": page.state,
        "attempts": page.attempts,
        "error_code": page.error_code,
        "error": page.error,
    }


def _result(row: ListedPage) -> PageResultOut:
    return PageResultOut(
        **_standing(row),
        reading=_reading(row.reading) if row.reading else None,
        regions=[_region(each) for each in row.regions],
    )


def _reading(reading: Reading) -> ReadingOut:
    names = [READING_JSON, *reading.pictures]
    return ReadingOut(
        page_width=reading.page_width,
        page_height=reading.page_height,
        looked=reading.looked,
        empty_score=reading.empty_score,
        damage=reading.damage,
        device=reading.device,
        seconds=reading.seconds,
        files=[f"{PREFIX}/readings/{reading.id}/{name}" for name in names],
    )


def _region(region: ListedRegion) -> RegionOut:
    row = region.row
    return RegionOut(
        region=row.number,
        label=row.label,
        found_by=row.found_by,
        frame=row.frame,
        box=(row.x1, row.y1, row.x2, row.y2),
        score=row.score,
        lines=[LineOut.model_validate(each, from_attributes=True) for each in region.lines],
        fields=[FieldOut.model_validate(each, from_attributes=True) for each in region.fields],
        shape=row.shape,
        ink=row.ink,
        rotation=row.rotation,
    )
