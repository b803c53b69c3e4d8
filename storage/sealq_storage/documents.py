"""Documents: listed by the producer, opened and counted by a worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from sealq_storage.causes import FailedAttempt
from sealq_storage.sql.clock import database_now, moment
from sealq_storage.sql.engine import commit_at_leisure, dialect_of
from sealq_storage.sql.tables import Document, DocumentState, Job, Page, in_state


@dataclass(frozen=True)
class NewDocument:
    """A document as the producer found it. With an error code it is failed from the start."""

    source: str
    location: str
    size: int | None = None
    sha256: str | None = None
    error_code: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class ClaimedDocument:
    """A document that this worker holds until its lease ends."""

    id: int
    job_id: str
    source: str
    location: str
    sha256: str | None
    #: Page selection of its job.
    pages: str | None
    priority: int
    device_kind: str | None
    #: Attempts begun so far.
    attempts: int


@dataclass(frozen=True)
class Counted:
    """What opening a document told."""

    sha256: str
    size: int
    media_type: str
    page_count: int
    #: Of the selected pages.
    numbers: Sequence[int]


def add_documents(session: Session, job_id: str, batch: Iterable[NewDocument]) -> list[int]:
    """Insert those that the job does not have yet; return the ids of the ones to be counted.

    Documents of a cancelled job are cancelled from the start.
    """
    listed = _first_state(session, job_id)
    rows = [_row(job_id, new, listed) for new in batch]
    if not rows:
        return []
    statement = (
        dialect_of(session)
        .insert(Document)
        .on_conflict_do_nothing(index_elements=["job_id", "source_sha256"])
        .returning(Document.id, Document.state)
    )
    inserted = session.execute(statement, rows)
    return sorted(row.id for row in inserted if row.state == DocumentState.LISTED)


def _first_state(session: Session, job_id: str) -> DocumentState:
    # Locked: a cancel that comes at this moment waits, and then finds the documents.
    job = select(Job.cancelled_at).where(Job.id == job_id).with_for_update(read=True)
    return DocumentState.LISTED if session.scalar(job) is None else DocumentState.CANCELLED


def _row(job_id: str, new: NewDocument, listed: DocumentState) -> dict[str, object]:
    failed = new.error_code is not None
    return {
        "job_id": job_id,
        "source": new.source,
        "location": new.location,
        "size": new.size,
        "sha256": new.sha256,
        "state": DocumentState.FAILED if failed else listed,
        "error_code": new.error_code,
        "error": new.error,
    }


def claim_documents(
    session: Session, ids: Sequence[int], owner: str, lease_seconds: int
) -> list[ClaimedDocument]:
    """Claim those of these documents that nobody holds, in their order."""
    commit_at_leisure(session)
    claimed = session.scalars(
        update(Document)
        .where(
            Document.id.in_(ids),
            in_state(Document, DocumentState.LISTED),
            or_(
                Document.lease_owner.is_(None),
                Document.lease_owner == owner,
                Document.lease_until < moment(),
            ),
        )
        .values(lease_owner=owner, lease_until=database_now(lease_seconds))
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).all()
    return _claimed(session, claimed)


def _claimed(session: Session, ids: Sequence[int]) -> list[ClaimedDocument]:
    query = (
        select(Document, Job)
        .join(Job, Job.id == Document.job_id)
        .where(Document.id.in_(ids))
        .order_by(Document.id)
    )
    return [
        ClaimedDocument(
            id=document.id,
            job_id=document.job_id,
            source=document.source,
            location=document.location,
            sha256=document.sha256,
            pages=job.pages,
            priority=job.priority,
            device_kind=job.device_kind,
            attempts=document.attempts,
        )
        for document, job in session.execute(query)
    ]


def begin_documents(
    session: Session, ids: Sequence[int], owner: str, lease_seconds: int
) -> set[int]:
    """Count an attempt of those that this owner still holds; return their ids.

    Committed before the work begins: a document that ends the process has its attempt counted. The
    leases are renewed.
    """
    commit_at_leisure(session)
    begun = session.scalars(
        update(Document)
        .where(Document.id.in_(ids), *_held_by(owner))
        .values(attempts=Document.attempts + 1, lease_until=database_now(lease_seconds))
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    )
    return set(begun)


def finish_counting(
    session: Session, owner: str, counted: Mapping[ClaimedDocument, Counted]
) -> dict[int, list[int]]:
    """Insert the selected pages of documents this owner holds.

    Returns:
        The ids of each document's pages in page order, by its own id; none of a document that
        another worker took over, or whose job was cancelled.
    """
    held = _note_counted(session, owner, {each.id: told for each, told in counted.items()})
    rows = [
        {"job_id": document.job_id, "document_id": document.id, "number": number}
        for document, told in counted.items()
        if document.id in held
        for number in told.numbers
    ]
    if not rows:
        return {}
    inserted = session.execute(insert(Page).returning(Page.document_id, Page.number, Page.id), rows)
    made: dict[int, list[int]] = {}
    for document_id, _, page_id in sorted(map(tuple, inserted)):
        made.setdefault(document_id, []).append(page_id)
    return made


def _note_counted(session: Session, owner: str, told: Mapping[int, Counted]) -> set[int]:
    """Write down what opening these documents told; return the ids of those still held."""
    query = select(Document.id).where(Document.id.in_(told), *_held_by(owner))
    held = set(session.scalars(query.order_by(Document.id).with_for_update()))
    if held:
        rows = [_counted_row(id_, told[id_]) for id_ in told if id_ in held]
        session.connection().execute(_COUNTED, rows)
    return held


#: For each document: one statement for all would be another text for each number of them, and
#: reading that text costs more than all the rest.
_COUNTED = (
    update(Document)
    .where(Document.id == bindparam("counted_id"))
    .values(
        state=DocumentState.COUNTED,
        sha256=bindparam("sha256"),
        size=bindparam("size"),
        media_type=bindparam("media_type"),
        page_count=bindparam("page_count"),
        lease_owner=None,
        error_code=None,
        error=None,
        finished_at=database_now(),
    )
)


def _counted_row(document_id: int, told: Counted) -> dict[str, object]:
    return {
        "counted_id": document_id,
        "sha256": told.sha256,
        "size": told.size,
        "media_type": told.media_type,
        "page_count": told.page_count,
    }


def fail_document(
    session: Session, document_id: int, owner: str, error_code: str, error: str
) -> None:
    """End a document this owner holds with its reason; the row keeps the owner's name."""
    session.execute(
        update(Document)
        .where(*_held(document_id, owner))
        .values(
            state=DocumentState.FAILED,
            error_code=error_code,
            error=error,
            finished_at=database_now(),
        )
    )


def end_openings(
    session: Session, ids: Sequence[int], owner: str, failed: FailedAttempt
) -> list[int]:
    """End an attempt to open these documents; return the ids of those that are due again.

    Documents without a further attempt are failed: they are dead letters.
    """
    why = {"error_code": failed.cause, "error": failed.error}
    held = and_(Document.id.in_(ids), *_held_by(owner))
    session.execute(
        update(Document)
        .where(held, Document.attempts >= failed.max_attempts)
        .values(
            state=DocumentState.FAILED,
            **why,
            finished_at=database_now(),
        )
    )
    free = {"lease_owner": None, "published_at": None}
    again = update(Document).where(held).values(**free, **why)
    return list(session.scalars(again.returning(Document.id)))


def spare_openings(session: Session, ids: Sequence[int], owner: str) -> None:
    """Take back an attempt of documents this owner holds: it ended through no fault of theirs."""
    session.execute(
        update(Document)
        .where(Document.id.in_(ids), *_held_by(owner), Document.attempts > 0)
        .values(attempts=Document.attempts - 1)
    )


def give_back_documents(session: Session, owner: str, ids: Sequence[int] | None = None) -> None:
    """Let others claim what this owner holds: these documents, or all."""
    held = and_(*_held_by(owner))
    session.execute(
        update(Document)
        .where(held if ids is None else and_(held, Document.id.in_(ids)))
        .values(lease_owner=None, published_at=None)
    )


def _held(document_id: int, owner: str) -> list[ColumnElement[bool]]:
    return [Document.id == document_id, *_held_by(owner)]


def _held_by(owner: str) -> list[ColumnElement[bool]]:
    return [in_state(Document, DocumentState.LISTED), Document.lease_owner == owner]
