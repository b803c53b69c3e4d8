"""A document: one page of it with its seals drawn on, its verdict, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealq_storage.objects.keys import (
    PAGE_PICTURE,
    PICTURE_ENDING,
    line_picture,
    region_picture,
)
from sealq_storage.page_view import (
    PageMark,
    SeenPage,
    document_of_job,
    page_marks,
    see_page,
)
from sealq_storage.reviews import (
    SETTLING,
    ExceptionCount,
    ReviewResult,
    count_exceptions,
    neighbours,
    review_of_job,
    reviews_of,
)
from sealq_storage.sql.tables import Document, Job
from sealq_storage.verdicts import Verdict, VerdictResult, verdict_of
from sealq_web.dependencies import RunningStack
from sealq_web.errors import NotThereError
from sealq_web.pages.rendering import Reader, render
from sealq_web.pages.route import PageRoute

#: PaddleX's picture of a page that was not turned, from before plain ones were stored.
_DRAWN_PAGE = f"layout_det_res{PICTURE_ENDING}"

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Case:
    """What the page about a document shows beside its picture."""

    document: Document
    job_name: str
    marks: Sequence[PageMark]
    verdict: VerdictResult | None
    reviews: Sequence[ReviewResult]
    exceptions: ExceptionCount
    #: Exceptions before and behind this one; None: there is none.
    before: int | None
    behind: int | None

    @property
    def is_exception(self) -> bool:
        """Whether somebody should look."""
        return self.verdict is not None and self.verdict.verdict != Verdict.OK

    @property
    def settled(self) -> ReviewResult | None:
        """The decision that counts for the verdict; None: it waits for one."""
        return next((review for review in self.reviews if self._settles(review)), None)

    def _settles(self, review: ReviewResult) -> bool:
        counts = review.decision in SETTLING and review.undone_at is None
        return counts and self.verdict is not None and review.verdict == self.verdict.verdict


@router.get("/jobs/{job_id}/documents/{document_id}")
def document_page(
    request: Request,
    stack: RunningStack,
    caller: Reader,
    *,
    job_id: str,
    document_id: int,
    done: int | None = None,
) -> Response:
    """Lead to the page that tells most; a document without pages is shown as it is."""
    del caller
    with stack.queries.begin() as session:
        case = load_case(session, job_id, document_id)
        review = review_of_job(session, job_id, done) if done else None
    number = telling_page(case)
    if number is None:
        return _shown(request, case, None, review)
    suffix = f"?done={done}" if done else ""
    return RedirectResponse(
        f"/jobs/{job_id}/documents/{document_id}/pages/{number}{suffix}", HTTPStatus.SEE_OTHER
    )


@router.get("/jobs/{job_id}/documents/{document_id}/pages/{number}")
def page_page(
    request: Request,
    stack: RunningStack,
    caller: Reader,
    *,
    job_id: str,
    document_id: int,
    number: int,
    done: int | None = None,
) -> Response:
    """Show a page of a document."""
    del caller
    with stack.queries.begin() as session:
        case = load_case(session, job_id, document_id)
        page = see_page(session, document_id, number)
        review = review_of_job(session, job_id, done) if done else None
    if page is None:
        raise NotThereError(f"The job has no page {number} of this document.")
    return _shown(request, case, page, review)


def load_case(session: Session, job_id: str, document_id: int) -> Case:
    """Return what is known of a document of this job.

    Raises:
        NotThereError: The job has no such document.
    """
    document = document_of_job(session, job_id, document_id)
    if document is None:
        raise NotThereError("The job has no such document.")
    before, behind = neighbours(session, job_id, document_id)
    return Case(
        document=document,
        job_name=session.get_one(Job, job_id).name,
        marks=page_marks(session, document_id),
        verdict=verdict_of(session, document_id),
        reviews=reviews_of(session, document_id),
        exceptions=count_exceptions(session, job_id),
        before=before,
        behind=behind,
    )


def telling_page(case: Case) -> int | None:
    """Return the page that the verdict rests on, or the first with a seal, or the first."""
    there = {mark.number for mark in case.marks}
    named = [each.page for each in case.verdict.evidence] if case.verdict else []
    sealed = [mark.number for mark in case.marks if mark.seals]
    telling = [number for number in (*named, *sealed) if number in there]
    return next(iter(telling or sorted(there)), None)


def _shown(
    request: Request, case: Case, page: SeenPage | None, review: ReviewResult | None
) -> Response:
    return render(
        request,
        "document.html",
        case=case,
        page=page,
        picture=_page_picture(page),
        region_picture=region_picture,
        line_picture=line_picture,
        ending=PICTURE_ENDING,
        review=review,
    )


def _page_picture(page: SeenPage | None) -> str | None:
    """Return the name of the picture that regions are drawn over; None: there is none that fits."""
    if page is None or page.reading is None:
        return None
    reading = page.reading
    plain = f"{PAGE_PICTURE}{PICTURE_ENDING}"
    if plain in reading.pictures and not reading.transform.get("unwarped"):
        return plain
    is_as_rendered = not reading.transform.get("angle") or reading.transform.get("unwarped")
    return _DRAWN_PAGE if is_as_rendered and _DRAWN_PAGE in reading.pictures else None
