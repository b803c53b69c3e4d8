"""Pages, the unit of work: claimed for a time by one worker, then done or failed.

A claim is a lease by the database's clock. An attempt is counted when the reading of a page begins,
not when its chunk is claimed: a neighbour that kills the process costs a page nothing. A page that
used up its attempts is a dead letter (`dead_letters.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from sealq_storage.causes import FailedAttempt
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.tables import Document, Job, Page, PageState

#: A page that anybody may take, and that no message covers.
_DUE = {"state": PageState.DUE, "lease_owner": None, "published_at": None}


@dataclass(frozen=True)
class ClaimedPage:
    """A page that this worker holds until its lease ends."""

    id: int
    number: int
    document_id: int
    source: str
    location: str
    sha256: str
    media_type: str
    pipeline_id: str
    priority: int
    device_kind: str | None
    #: Attempts begun so far.
    attempts: int


def claimable() -> ColumnElement[bool]:
    """Pages that anybody may claim: due, or left behind by a worker whose lease ended."""
    abandoned = and_(Page.state == PageState.CLAIMED, Page.lease_until < database_now())
    return or_(Page.state == PageState.DUE, abandoned)


def claim_pages(
    session: Session, ids: Sequence[int], owner: str, lease_seconds: int
) -> list[ClaimedPage]:
    """Claim those of these pages that nobody holds, in document and page order."""
    claimed = session.scalars(
        update(Page)
        .where(Page.id.in_(ids), or_(claimable(), _held_by(owner)))
        .values(
            state=PageState.CLAIMED,
            lease_owner=owner,
            lease_until=database_now(lease_seconds),
        )
        .returning(Page.id)
        .execution_options(synchronize_session=False)
    ).all()
    query = (
        select(Page, Document, Job)
        .join(Document, Document.id == Page.document_id)
        .join(Job, Job.id == Page.job_id)
        .where(Page.id.in_(claimed))
        .order_by(Page.document_id, Page.number)
    )
    return [_claimed(*row) for row in session.execute(query)]


def _claimed(page: Page, document: Document, job: Job) -> ClaimedPage:
    if document.sha256 is None or document.media_type is None:
        raise AssertionError(f"document {document.id} has pages but was never opened")
    return ClaimedPage(
        id=page.id,
        number=page.number,
        document_id=document.id,
        source=document.source,
        location=document.location,
        sha256=document.sha256,
        media_type=document.media_type,
        pipeline_id=job.pipeline_id,
        priority=job.priority,
        device_kind=job.device_kind,
        attempts=page.attempts,
    )


def begin_attempts(
    session: Session, ids: Sequence[int], owner: str, lease_seconds: int
) -> set[int]:
    """Count an attempt of those of these pages that this owner still holds; return their ids.

    Committed before the work begins: a page that ends the process has its attempt counted. The
    leases are renewed.
    """
    begun = session.scalars(
        update(Page)
        .where(Page.id.in_(ids), _held_by(owner))
        .values(attempts=Page.attempts + 1, lease_until=database_now(lease_seconds))
        .returning(Page.id)
    )
    return set(begun)


def spare_attempts(session: Session, ids: Sequence[int], owner: str) -> None:
    """Take back an attempt of pages this owner holds: it ended through no fault of theirs."""
    session.execute(
        update(Page)
        .where(Page.id.in_(ids), _held_by(owner), Page.attempts > 0)
        .values(attempts=Page.attempts - 1)
    )


def end_attempts(
    session: Session, ids: Sequence[int], owner: str, failed: FailedAttempt
) -> list[int]:
    """End an attempt that gave no reading; return the ids of the pages that are due again.

    Pages without a further attempt are failed: they are dead letters.
    """
    why = {"error_code": failed.cause, "error": failed.error}
    held = and_(Page.id.in_(ids), _held_by(owner))
    session.execute(
        update(Page)
        .where(held, Page.attempts >= failed.max_attempts)
        .values(
            state=PageState.FAILED,
            **why,
            finished_at=database_now(),
        )
    )
    again = update(Page).where(held).values(**_DUE, **why)
    return list(session.scalars(again.returning(Page.id)))


def finish_page(session: Session, page_id: int, owner: str, reading_id: int) -> None:
    """End a page this owner holds with its reading."""
    session.execute(
        update(Page)
        .where(Page.id == page_id, _held_by(owner))
        .values(
            state=PageState.DONE,
            reading_id=reading_id,
            lease_owner=None,
            error_code=None,
            error=None,
            finished_at=database_now(),
        )
    )


def fail_page(session: Session, page_id: int, owner: str, error_code: str, error: str) -> None:
    """End a page this owner holds with its reason; the row keeps the owner's name."""
    session.execute(
        update(Page)
        .where(Page.id == page_id, _held_by(owner))
        .values(
            state=PageState.FAILED,
            error_code=error_code,
            error=error,
            finished_at=database_now(),
        )
    )


def give_back_pages(session: Session, owner: str, ids: Sequence[int] | None = None) -> list[int]:
    """Make pages that this owner holds due again, unpublished: these, or all; return their ids."""
    held = _held_by(owner)
    return list(
        session.scalars(
            update(Page)
            .where(held if ids is None else and_(held, Page.id.in_(ids)))
            .values(**_DUE)
            .returning(Page.id)
        )
    )


def _held_by(owner: str) -> ColumnElement[bool]:
    return and_(Page.state == PageState.CLAIMED, Page.lease_owner == owner)
