"""How jobs stand: states, failures, pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy import null as sql_null
from sqlalchemy.orm import Session

from sealq_storage.sql.clock import database_now
from sealq_storage.sql.tables import (
    Document,
    DocumentState,
    Job,
    Page,
    PageState,
    Pipeline,
    Reading,
    Region,
)

#: Seconds over which the pace of a running job is taken.
PACE_SECONDS = 60


@dataclass(frozen=True)
class Failure:
    """A document or page that ended without a reading."""

    source: str
    #: None: the document as a whole.
    page: int | None
    code: str
    error: str


@dataclass(frozen=True)
class JobStatus:
    """One job as it stands."""

    id: str
    name: str
    preset: str
    tags: Mapping[str, str]
    created_at: datetime
    #: `submitting`, `running`, `done` or `cancelled`.
    state: str
    #: Documents and pages by state.
    documents: Mapping[str, int]
    pages: Mapping[str, int]
    #: Pages whose reading was there before the job.
    known_pages: int
    seals: int
    #: Pages a second over the last minute; None when none was finished in it.
    pace: float | None
    #: Reported and not read, like tax marks: no seals of the count above.
    cut_seals: int = 0
    tax_marks: int = 0

    @property
    def failed(self) -> int:
        """Documents and pages that could not be read."""
        return self.documents.get(DocumentState.FAILED, 0) + self.pages.get(PageState.FAILED, 0)

    @property
    def open_documents(self) -> int:
        """Documents whose pages are not counted yet."""
        return self.documents.get(DocumentState.LISTED, 0)

    @property
    def open_pages(self) -> int:
        """Pages that are not final."""
        return self.pages.get(PageState.DUE, 0) + self.pages.get(PageState.CLAIMED, 0)

    @property
    def seconds_left(self) -> float | None:
        """Estimate for the pages known so far; None where there is no pace to go by."""
        return self.open_pages / self.pace if self.pace else None

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in {"done", "cancelled"}


def job_status(session: Session, job_id: str) -> JobStatus:
    """Say how a job stands."""
    job = session.get_one(Job, job_id)
    documents = _by_state(session, Document, job_id)
    pages = _by_state(session, Page, job_id)
    regions = _by_label(session, job_id)
    return JobStatus(
        id=job.id,
        name=job.name,
        preset=session.get_one(Pipeline, job.pipeline_id).preset,
        tags=job.tags,
        created_at=job.created_at,
        state=_state(job, documents, pages),
        documents=documents,
        pages=pages,
        known_pages=_known_pages(session, job),
        seals=regions.get("seal", 0),
        pace=_pace(session, job_id),
        cut_seals=regions.get("cut_seal", 0),
        tax_marks=regions.get("tax_mark", 0),
    )


def list_jobs(session: Session, limit: int = 50) -> list[JobStatus]:
    """Return the newest jobs, newest first."""
    ids = session.scalars(
        select(Job.id).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)
    )
    return [job_status(session, job_id) for job_id in ids]


def list_failures(session: Session, job_id: str, limit: int | None = None) -> list[Failure]:
    """Return what could not be read and why, in document and page order."""
    documents = select(
        Document.id,
        Document.source,
        sql_null().label("number"),
        Document.error_code,
        Document.error,
    ).where(Document.job_id == job_id, Document.state == DocumentState.FAILED)
    pages = (
        select(Document.id, Document.source, Page.number, Page.error_code, Page.error)
        .join(Document, Document.id == Page.document_id)
        .where(Page.job_id == job_id, Page.state == PageState.FAILED)
    )
    both = union_all(documents, pages).subquery()
    query = select(both).order_by(both.c.id, both.c.number).limit(limit)
    return [
        Failure(row.source, row.number, row.error_code or "unknown", row.error or "")
        for row in session.execute(query)
    ]


def _state(job: Job, documents: Mapping[str, int], pages: Mapping[str, int]) -> str:
    if job.cancelled_at is not None:
        return "cancelled"
    if job.submitted_at is None:
        return "submitting"
    unfinished = (DocumentState.LISTED in documents) or {PageState.DUE, PageState.CLAIMED} & set(
        pages
    )
    return "running" if unfinished else "done"


def _by_state(session: Session, table: type[Document | Page], job_id: str) -> dict[str, int]:
    query = select(table.state, func.count()).where(table.job_id == job_id).group_by(table.state)
    return dict(session.execute(query).all())


def _known_pages(session: Session, job: Job) -> int:
    query = (
        select(func.count())
        .select_from(Page)
        .join(Reading, Reading.id == Page.reading_id)
        .where(Page.job_id == job.id, Reading.created_at < job.created_at)
    )
    return session.scalar(query) or 0


def _by_label(session: Session, job_id: str) -> dict[str, int]:
    query = (
        select(Region.label, func.count())
        .select_from(Page)
        .join(Region, Region.reading_id == Page.reading_id)
        .where(Page.job_id == job_id)
        .group_by(Region.label)
    )
    return dict(session.execute(query).all())


def _pace(session: Session, job_id: str) -> float | None:
    lately = select(func.count(), func.min(Page.finished_at), database_now()).where(
        Page.job_id == job_id,
        Page.state.in_([PageState.DONE, PageState.FAILED]),
        Page.finished_at > database_now(-PACE_SECONDS),
    )
    count, first, now = session.execute(lately).one()
    if first is None:
        return None
    return float(count) / max((now - first).total_seconds(), 1.0)
