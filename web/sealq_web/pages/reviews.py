"""What people decide: forms that work without a script, each leading to what waits next."""

from __future__ import annotations

import getpass
import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealq_storage.jobs import find_job
from sealq_storage.page_view import document_of_job
from sealq_storage.reviews import (
    SETTLING,
    Decision,
    NewReview,
    first_waiting,
    review_of_job,
    save_review,
    undo_review,
)
from sealq_storage.verdicts import Verdict
from sealq_web.access import Caller
from sealq_web.dependencies import RunningStack
from sealq_web.errors import NotThereError
from sealq_web.login import check_csrf
from sealq_web.pages.rendering import Decider, Reader
from sealq_web.pages.route import PageRoute

#: A form's field with the text of a line has the line's row in its name.
_LINE = re.compile(r"line-(\d{1,18})")

router = APIRouter(route_class=PageRoute)


async def _lines(request: Request) -> dict[int, str]:
    form = await request.form()
    found = [(_LINE.fullmatch(name), value) for name, value in form.items()]
    # Labels stand in a line each, before and after a tab.
    return {int(match[1]): " ".join(str(value).split()) for match, value in found if match}


@router.get("/jobs/{job}/review")
def next_exception(
    stack: RunningStack, caller: Reader, job: str, after: int | None = None, done: int | None = None
) -> Response:
    """Lead to the exception that waits next, or back to the job when none does."""
    del caller
    with stack.queries.begin() as session:
        job_id = find_job(session, job).id
        document_id = first_waiting(session, job_id, after)
    return _lead(_place(job_id, document_id), done)


@router.post("/jobs/{job_id}/documents/{document_id}/reviews", dependencies=[Depends(check_csrf)])
def decide(
    stack: RunningStack,
    caller: Decider,
    *,
    job_id: str,
    document_id: int,
    decision: Annotated[Decision, Form()],
    verdict: Annotated[Verdict | None, Form()] = None,
    note: Annotated[str, Form()] = "",
) -> Response:
    """Store a decision about a document; a settled exception leads to the next."""
    new = NewReview(document_id, decision, reviewer_of(caller), verdict, note.strip())
    with stack.sessions.begin() as session:
        _require_document(document_of_job(session, job_id, document_id))
        review_id = save_review(session, new)
        settles = decision in SETTLING and verdict not in {None, Verdict.OK}
        following = first_waiting(session, job_id, document_id) if settles else document_id
    return _lead(_place(job_id, following), review_id)


@router.post(
    "/jobs/{job_id}/documents/{document_id}/pages/{number}/corrections",
    dependencies=[Depends(check_csrf)],
)
def correct(
    stack: RunningStack,
    caller: Decider,
    *,
    job_id: str,
    document_id: int,
    number: int,
    lines: Annotated[dict[int, str], Depends(_lines)],
) -> Response:
    """Store what a person says that the lines of a seal say."""
    new = NewReview(document_id, Decision.CORRECTED, reviewer_of(caller), lines=lines)
    with stack.sessions.begin() as session:
        _require_document(document_of_job(session, job_id, document_id))
        review_id = save_review(session, new)
    return _lead(f"/jobs/{job_id}/documents/{document_id}/pages/{number}", review_id)


@router.post("/jobs/{job_id}/reviews/{review_id}/undo", dependencies=[Depends(check_csrf)])
def undo(stack: RunningStack, caller: Decider, job_id: str, review_id: int) -> Response:
    """Take a decision back, and lead to its document."""
    with stack.sessions.begin() as session:
        review = review_of_job(session, job_id, review_id)
        if review is None:
            raise NotThereError("There is no such decision.")
        undo_review(session, review_id, reviewer_of(caller))
    return _lead(_place(job_id, review.document_id), review_id)


def reviewer_of(caller: Caller) -> str:
    """Return who decides: the key's name, or whose computer this is where nobody needs a key."""
    if caller.name is not None:
        return caller.name
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "local"


def _require_document(document: object) -> None:
    if document is None:
        raise NotThereError("The job has no such document.")


def _place(job_id: str, document_id: int | None) -> str:
    job = f"/jobs/{job_id}"
    return job if document_id is None else f"{job}/documents/{document_id}"


def _lead(path: str, review_id: int | None) -> Response:
    suffix = f"?done={review_id}" if review_id else ""
    return RedirectResponse(f"{path}{suffix}", HTTPStatus.SEE_OTHER)
