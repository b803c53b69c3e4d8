"""What a report says of a job beside its status: why things failed, what is due, the speed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from sealq_storage.causes import Cause
from sealq_storage.sql.tables import Document, DocumentState, Job, Page, PageState, Reading


@dataclass(frozen=True)
class FailureCause:
    """Documents and pages that failed for the same cause."""

    code: str
    documents: int
    pages: int
    #: What one of them says.
    example: str

    @property
    def dead_letter(self) -> bool:
        """Whether these used up their attempts, so that another may help; else the input is bad."""
        return self.code in set(Cause)


@dataclass(frozen=True)
class Retries:
    """What failed before and is tried again without anybody's doing."""

    documents: int
    pages: int


@dataclass(frozen=True)
class Speed:
    """How fast a job's pages were read; those that were known before don't count."""

    pages: int
    #: When the last reading was stored; None: there is none.
    last_at: datetime | None
    #: From the submit to that.
    seconds: float | None

    @property
    def pages_per_second(self) -> float | None:
        """Pages read in a second; None where nothing was read."""
        return self.pages / self.seconds if self.seconds else None


def failure_causes(session: Session, job_id: str) -> list[FailureCause]:
    """Return why documents and pages of a job failed, the most frequent cause first."""
    documents = _causes(session, Document, DocumentState.FAILED, job_id)
    pages = _causes(session, Page, PageState.FAILED, job_id)
    causes = [
        FailureCause(
            code=code,
            documents=documents.get(code, (0, ""))[0],
            pages=pages.get(code, (0, ""))[0],
            example=(pages.get(code) or documents[code])[1],
        )
        for code in {*documents, *pages}
    ]
    return sorted(causes, key=lambda cause: (-cause.documents - cause.pages, cause.code))


def retries(session: Session, job_id: str) -> Retries:
    """Count what had an attempt that failed, and is due again."""
    return Retries(
        documents=_again(session, Document, Document.state == DocumentState.LISTED, job_id),
        pages=_again(session, Page, Page.state == PageState.DUE, job_id),
    )


def job_speed(session: Session, job_id: str) -> Speed:
    """Return how fast a job's pages were read."""
    job = session.get_one(Job, job_id)
    pages, last_at = session.execute(
        select(func.count(), func.max(Reading.created_at))
        .select_from(Page)
        .join(Reading, Reading.id == Page.reading_id)
        .where(Page.job_id == job_id, Reading.created_at >= job.created_at)
    ).one()
    seconds = (last_at - job.created_at).total_seconds() if last_at else None
    return Speed(pages, last_at, seconds)


def _causes(
    session: Session, table: type[Document | Page], state: str, job_id: str
) -> dict[str, tuple[int, str]]:
    code = func.coalesce(table.error_code, "unknown")
    query = (
        select(code, func.count(), func.min(table.error))
        .where(table.job_id == job_id, table.state == state)
        .group_by(code)
    )
    return {code: (count, example or "") for code, count, example in session.execute(query)}


def _again(
    session: Session, table: type[Document | Page], due: ColumnElement[bool], job_id: str
) -> int:
    query = select(func.count()).where(table.job_id == job_id, due, table.error_code.is_not(None))
    return session.scalar(query) or 0
