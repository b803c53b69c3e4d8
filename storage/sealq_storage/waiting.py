"""How far jobs of one document are, for those who wait for them: one query for all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from sealq_storage.sql.tables import Document, Job, Page, Reading
from sealq_storage.webhooks import job_is_finished


@dataclass(frozen=True)
class Progress:
    """How far a job of one document is."""

    #: None: nobody has opened it.
    page_count: int | None
    #: Whether nothing is left to do.
    finished: bool


@dataclass(frozen=True)
class ReadPage:
    """A page of a document, and its reading where there is one."""

    number: int
    reading: Reading | None
    error_code: str | None
    error: str | None


@dataclass(frozen=True)
class ReadDocument:
    """The document of such a job with its pages, in their order."""

    row: Document
    pages: tuple[ReadPage, ...]


def progress_of(session: Session, job_ids: Collection[str]) -> dict[str, Progress]:
    """Return how far these jobs are."""
    query = (
        select(Job.id, Document.page_count, job_is_finished())
        .join(Document, Document.job_id == Job.id)
        .where(Job.id.in_(job_ids))
    )
    return {
        job_id: Progress(page_count, bool(finished))
        for job_id, page_count, finished in session.execute(query)
    }


def read_document(session: Session, job_id: str) -> ReadDocument:
    """Return the document of a job that has one, with what was read of it."""
    document = session.scalars(select(Document).where(Document.job_id == job_id)).one()
    query = (
        select(Page, Reading)
        .outerjoin(Reading, Reading.id == Page.reading_id)
        .where(Page.document_id == document.id)
        .order_by(Page.number)
    )
    pages = [
        ReadPage(page.number, reading, page.error_code, page.error)
        for page, reading in session.execute(query)
    ]
    return ReadDocument(document, tuple(pages))
