"""What people leaf through: jobs, and the documents of a job, a screenful at a time.

A screenful begins behind the last row of the one before it (its key, not a count of rows), so that
the hundredth costs as much as the first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from sealq_storage.reviews import ReviewResult, settled
from sealq_storage.search import says
from sealq_storage.sql.tables import (
    Document,
    DocumentState,
    Job,
    Page,
    PageState,
    Region,
)
from sealq_storage.sql.verdict_tables import DocumentVerdict
from sealq_storage.status import state_of
from sealq_storage.verdicts import VerdictResult, verdicts_of

#: How a document stands for a person: something is still to be read; all is read; it or a page of
#: it could not be read; it was cancelled.
Standing = Literal["open", "done", "failed", "cancelled"]

_OPEN_PAGES = (PageState.DUE, PageState.CLAIMED)


@dataclass(frozen=True)
class JobRow:
    """A job in the list of jobs."""

    id: str
    name: str
    tags: Mapping[str, str]
    created_at: datetime
    #: As `status.JobStatus.state`.
    state: str
    #: Documents and pages by state.
    documents: Mapping[str, int]
    pages: Mapping[str, int]

    @property
    def finished_pages(self) -> int:
        """Pages in a final state."""
        return sum(self.pages.values()) - sum(self.pages.get(state, 0) for state in _OPEN_PAGES)

    @property
    def failed(self) -> int:
        """Documents and pages that could not be read."""
        return self.documents.get(DocumentState.FAILED, 0) + self.pages.get(PageState.FAILED, 0)


@dataclass(frozen=True)
class DocumentFilter:
    """Which documents of a job a person wants to see."""

    #: `none`: those that no audit looked at.
    verdict: str | None = None
    standing: Standing | None = None
    #: Part of the name, or of what a seal says.
    search: str | None = None


@dataclass(frozen=True)
class DocumentRow:
    """A document in the list of a job's documents."""

    id: int
    source: str
    standing: Standing
    page_count: int | None
    #: Selected pages by state.
    pages: Mapping[str, int]
    seals: int
    #: Why it could not be opened; None.
    error: str | None
    verdict: VerdictResult | None
    #: What a person decided about that verdict; None: nobody did.
    review: ReviewResult | None


def browse_jobs(session: Session, before: str | None = None, limit: int = 20) -> list[JobRow]:
    """Return jobs, newest first.

    Args:
        session: Where they are.
        before: Id of the last job that was shown; None: from the newest.
        limit: How many at most.
    """
    query = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)
    if before is not None:
        last = select(Job.created_at, Job.id).where(Job.id == before).scalar_subquery()
        query = query.where(tuple_(Job.created_at, Job.id) < last)
    jobs = session.scalars(query).all()
    return _job_rows(session, jobs)


def browse_job(session: Session, job_id: str) -> JobRow:
    """Return one job as the list shows it."""
    (row,) = _job_rows(session, [session.get_one(Job, job_id)])
    return row


def browse_documents(
    session: Session,
    job_id: str,
    wanted: DocumentFilter,
    after: int | None = None,
    limit: int = 50,
) -> list[DocumentRow]:
    """Return documents of a job in the order in which they were listed.

    Args:
        session: Where they are.
        job_id: Whose.
        wanted: Which.
        after: Id of the last document that was shown; None: from the first.
        limit: How many at most.
    """
    query = select(Document).where(Document.job_id == job_id)
    if after is not None:
        query = query.where(Document.id > after)
    query = _filtered(session, query, job_id, wanted)
    documents = session.scalars(query.order_by(Document.id).limit(limit)).all()
    return _document_rows(session, documents)


def _job_rows(session: Session, jobs: Sequence[Job]) -> list[JobRow]:
    ids = [job.id for job in jobs]
    documents, pages = _by_state(session, Document, ids), _by_state(session, Page, ids)
    return [
        JobRow(
            id=job.id,
            name=job.name,
            tags=job.tags,
            created_at=job.created_at,
            state=state_of(job, documents[job.id], pages[job.id]),
            documents=documents[job.id],
            pages=pages[job.id],
        )
        for job in jobs
    ]


def _by_state(
    session: Session, table: type[Document | Page], job_ids: Collection[str]
) -> defaultdict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    query = (
        select(table.job_id, table.state, func.count())
        .where(table.job_id.in_(job_ids))
        .group_by(table.job_id, table.state)
    )
    for job_id, state, count in session.execute(query):
        found[job_id][state] = count
    return found


def _filtered(
    session: Session, query: Select[Document], job_id: str, wanted: DocumentFilter
) -> Select[Document]:
    if wanted.verdict == "none":
        query = query.where(~_has_verdict())
    elif wanted.verdict:
        query = query.join(DocumentVerdict, DocumentVerdict.document_id == Document.id).where(
            DocumentVerdict.job_id == job_id, DocumentVerdict.verdict == wanted.verdict
        )
    if wanted.standing:
        query = query.where(_stands(wanted.standing))
    if wanted.search:
        query = query.where(_says(session, job_id, wanted.search))
    return query


def _has_verdict() -> ColumnElement[bool]:
    of_it = select(DocumentVerdict.document_id).where(DocumentVerdict.document_id == Document.id)
    return of_it.exists()


def _stands(standing: Standing) -> ColumnElement[bool]:
    if standing == "cancelled":
        return (Document.state == DocumentState.CANCELLED) | _has_page(PageState.CANCELLED)
    failed = (Document.state == DocumentState.FAILED) | _has_page(PageState.FAILED)
    if standing == "failed":
        return failed
    unread = (Document.state == DocumentState.LISTED) | _has_page(*_OPEN_PAGES)
    if standing == "open":
        return unread
    return (Document.state == DocumentState.COUNTED) & ~_has_page(
        PageState.FAILED, PageState.CANCELLED, *_OPEN_PAGES
    )


def _has_page(*states: PageState) -> ColumnElement[bool]:
    pages = select(Page.id).where(Page.document_id == Document.id, Page.state.in_(states))
    return pages.correlate(Document).exists()


def _says(session: Session, job_id: str, search: str) -> ColumnElement[bool]:
    """Ask whether the name or a seal contains the text; capitals and small letters are alike."""
    sealed = (
        select(Page.document_id)
        .join(Region, Region.reading_id == Page.reading_id)
        .where(Page.job_id == job_id, says(session, search))
    )
    return or_(
        Document.source.icontains(search, autoescape=True),
        Document.id.in_(sealed),
    )


def _document_rows(session: Session, documents: Sequence[Document]) -> list[DocumentRow]:
    ids = [document.id for document in documents]
    pages, seals = _pages(session, ids), _seals(session, ids)
    verdicts, reviews = verdicts_of(session, ids), settled(session, ids)
    return [
        DocumentRow(
            id=document.id,
            source=document.source,
            standing=standing_of(document.state, pages[document.id]),
            page_count=document.page_count,
            pages=pages[document.id],
            seals=seals[document.id],
            error=document.error,
            verdict=verdicts.get(document.id),
            review=reviews.get(document.id),
        )
        for document in documents
    ]


def standing_of(state: str, pages: Mapping[str, int]) -> Standing:
    """Say how a document stands, by its own state and the numbers of its pages in each."""
    if state == DocumentState.FAILED or pages.get(PageState.FAILED):
        return "failed"
    if state == DocumentState.LISTED or any(pages.get(each) for each in _OPEN_PAGES):
        return "open"
    if state == DocumentState.CANCELLED or pages.get(PageState.CANCELLED):
        return "cancelled"
    return "done"


def _pages(session: Session, ids: Collection[int]) -> defaultdict[int, dict[str, int]]:
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    query = (
        select(Page.document_id, Page.state, func.count())
        .where(Page.document_id.in_(ids))
        .group_by(Page.document_id, Page.state)
    )
    for document_id, state, count in session.execute(query):
        found[document_id][state] = count
    return found


def _seals(session: Session, ids: Collection[int]) -> Counter[int]:
    query = (
        select(Page.document_id, func.count())
        .join(Region, Region.reading_id == Page.reading_id)
        .where(Page.document_id.in_(ids), Region.label == "seal")
        .group_by(Page.document_id)
    )
    return Counter(dict(session.execute(query).all()))
