"""How jobs stand: states, failures, pace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy import null as sql_null
from sqlalchemy.orm import Session

from sealq_storage.sql.clock import UtcDateTime, database_now, moment
from sealq_storage.sql.tables import (
    Document,
    DocumentState,
    Job,
    Page,
    PageState,
    Pipeline,
    Tally,
)

#: Seconds over which the pace of a running job is taken.
PACE_SECONDS = 60
#: Pages that it is taken over at most, so that asking costs a fast job no more than a slow one.
PACE_PAGES = 10_000


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
    return _statuses(session, [session.get_one(Job, job_id)])[0]


def list_jobs(session: Session, limit: int = 50) -> list[JobStatus]:
    """Return the newest jobs, newest first."""
    newest = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)
    return _statuses(session, session.scalars(newest).all())


def _statuses(session: Session, jobs: Sequence[Job]) -> list[JobStatus]:
    tallies = _tallies(session, [job.id for job in jobs])
    presets = _presets(session, {job.pipeline_id for job in jobs})
    return [
        JobStatus(
            id=job.id,
            name=job.name,
            preset=presets[job.pipeline_id],
            tags=job.tags,
            created_at=job.created_at,
            state=state_of(job, of_job["document"], of_job["page"]),
            documents=of_job["document"],
            pages=of_job["page"],
            known_pages=of_job["known"].get("", 0),
            seals=of_job["region"].get("seal", 0),
            pace=_pace(session, job.id),
            cut_seals=of_job["region"].get("cut_seal", 0),
            tax_marks=of_job["region"].get("tax_mark", 0),
        )
        for job in jobs
        for of_job in [tallies[job.id]]
    ]


def _presets(session: Session, pipeline_ids: Collection[str]) -> dict[str, str]:
    query = select(Pipeline.id, Pipeline.preset).where(Pipeline.id.in_(pipeline_ids))
    return dict(session.execute(query).all())


def _tallies(
    session: Session, job_ids: Collection[str]
) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """Return the numbers of these jobs by job, kind and name, those above zero."""
    total = func.sum(Tally.count)
    query = (
        select(Tally.job_id, Tally.what, Tally.name, total)
        .where(Tally.job_id.in_(job_ids))
        .group_by(Tally.job_id, Tally.what, Tally.name)
        .having(total > 0)
    )
    found: defaultdict[str, defaultdict[str, dict[str, int]]]
    found = defaultdict(lambda: defaultdict(dict))
    for job_id, what, name, count in session.execute(query):
        found[job_id][what][name] = int(count)
    return found


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


def state_of(job: Job, documents: Mapping[str, int], pages: Mapping[str, int]) -> str:
    """Say where a job stands, by the numbers of its documents and pages in each state."""
    if job.cancelled_at is not None:
        return "cancelled"
    if job.submitted_at is None:
        return "submitting"
    unfinished = (DocumentState.LISTED in documents) or {PageState.DUE, PageState.CLAIMED} & set(
        pages
    )
    return "running" if unfinished else "done"


def _pace(session: Session, job_id: str) -> float | None:
    """Return the pace of the last minute, or of the last pages of it where they are many."""
    lately = (
        select(Page.finished_at)
        .where(Page.job_id == job_id, Page.finished_at > moment(-PACE_SECONDS))
        .where(Page.state.in_([PageState.DONE, PageState.FAILED]))
        .order_by(Page.finished_at.desc())
        .limit(PACE_PAGES)
        .subquery()
    )
    columns = (func.count(), func.min(lately.c.finished_at, type_=UtcDateTime()), database_now())
    count, first, now = session.execute(select(*columns).select_from(lately)).one()
    if first is None:
        return None
    seconds: float = (now - first).total_seconds()
    return float(count) / max(seconds, 1.0)
