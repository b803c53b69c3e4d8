"""Dead letters: pages and documents that used up their attempts. A person looks and requeues."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, null, select, union_all, update
from sqlalchemy.orm import Session

from sealq_configs.errors import WrongUseError
from sealq_storage.causes import Cause
from sealq_storage.jobs import AGAIN, Retried
from sealq_storage.sql.tables import Document, DocumentState, Job, Page, PageState


class DeadLetterNotFoundError(WrongUseError):
    """There is no such dead letter. `sealq dead list` lists them."""


_ID = re.compile(r"([pd])([0-9]+)")


@dataclass(frozen=True)
class DeadLetter:
    """A page, or a document as a whole, that nobody will try again by itself."""

    #: `p17` is the page of row 17, `d4` the document of row 4.
    id: str
    job_id: str
    source: str
    #: None: the document as a whole could not be opened.
    page: int | None
    cause: str
    error: str
    attempts: int
    #: The worker of the last attempt.
    worker: str | None
    failed_at: datetime


def list_dead_letters(
    session: Session, job_id: str | None = None, limit: int | None = None
) -> list[DeadLetter]:
    """Return the dead letters of one job or of all, the newest first."""
    found = union_all(_dead_documents(job_id), _dead_pages(job_id)).subquery()
    query = select(found).order_by(found.c.finished_at.desc(), found.c.source, found.c.number)
    return [_letter(row) for row in session.execute(query.limit(limit))]


def find_dead_letter(session: Session, wanted: str) -> DeadLetter:
    """Return a dead letter by its id.

    Raises:
        DeadLetterNotFoundError: There is none; the page or document may have been requeued.
    """
    row_id = _row_ids([wanted], wanted[:1]).pop()
    query = (
        _dead_pages(None).where(Page.id == row_id)
        if wanted.startswith("p")
        else _dead_documents(None).where(Document.id == row_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise _not_found(wanted)
    return _letter(row)


def requeue_dead_letters(
    session: Session, ids: Sequence[str] = (), job_id: str | None = None
) -> Retried:
    """Make dead letters due again with all attempts before them: these, or those of a job.

    What is no dead letter (any more), or belongs to a cancelled job, is left as it is.

    Raises:
        DeadLetterNotFoundError: One of the ids has not the form of an id.
    """
    documents = _chosen(Document, DocumentState.FAILED, _row_ids(ids, "d"), job_id)
    pages = _chosen(Page, PageState.FAILED, _row_ids(ids, "p"), job_id)
    listed = {**AGAIN, "state": DocumentState.LISTED}
    due = {**AGAIN, "state": PageState.DUE}
    return Retried(
        documents=len(session.execute(documents.values(listed)).all()),
        pages=len(session.execute(pages.values(due)).all()),
    )


def _chosen(
    table: type[Document | Page], failed: str, ids: Collection[int], job_id: str | None
) -> Any:
    chosen = table.job_id == job_id if job_id else table.id.in_(ids)
    alive = select(Job.id).where(Job.cancelled_at.is_(None))
    return (
        update(table)
        .where(chosen, table.state == failed, table.error_code.in_(Cause), table.job_id.in_(alive))
        .returning(table.id)
    )


def _dead_documents(job_id: str | None) -> Select[Any]:
    query = select(null().label("number"), Document.source, *_columns(Document)).where(
        Document.state == DocumentState.FAILED, Document.error_code.in_(Cause)
    )
    return query.where(Document.job_id == job_id) if job_id else query


def _dead_pages(job_id: str | None) -> Select[Any]:
    query = (
        select(Page.number, Document.source, *_columns(Page))
        .join(Document, Document.id == Page.document_id)
        .where(Page.state == PageState.FAILED, Page.error_code.in_(Cause))
    )
    return query.where(Page.job_id == job_id) if job_id else query


def _columns(table: type[Document | Page]) -> list[Any]:
    return [
        table.id,
        table.job_id,
        table.error_code,
        table.error,
        table.attempts,
        table.lease_owner,
        table.finished_at,
    ]


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=f"d{row.id}" if row.number is None else f"p{row.id}",
        job_id=row.job_id,
        source=row.source,
        page=row.number,
        cause=row.error_code,
        error=row.error,
        attempts=row.attempts,
        worker=row.lease_owner,
        failed_at=row.finished_at,
    )


def _row_ids(ids: Sequence[str], kind: str) -> set[int]:
    found = set()
    for wanted in ids:
        match = _ID.fullmatch(wanted)
        if match is None:
            raise _not_found(wanted)
        if match[1] == kind:
            found.add(int(match[2]))
    return found


def _not_found(wanted: str) -> DeadLetterNotFoundError:
    return DeadLetterNotFoundError(
        f"{wanted}: there is no such dead letter. `sealq dead list` lists them."
    )
