"""Pages, the unit of work: claimed for a time by one worker, then done or failed.

A claim is a lease by the database's clock. An attempt is counted when the reading of a page begins,
not when its chunk is claimed: a neighbour that kills the process costs a page nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from sealq_storage.sql.clock import database_now
from sealq_storage.sql.tables import Document, Job, Page, PageState


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


def begin_attempt(session: Session, page_id: int, owner: str, lease_seconds: int) -> bool:
    """Count an attempt and renew the lease; False when the page is this owner's no more."""
    begun = session.execute(
        update(Page)
        .where(Page.id == page_id, _held_by(owner))
        .values(attempts=Page.attempts + 1, lease_until=database_now(lease_seconds))
        .returning(Page.id)
    )
    return begun.one_or_none() is not None


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
    """End a page this owner holds with its reason."""
    session.execute(
        update(Page)
        .where(Page.id == page_id, _held_by(owner))
        .values(
            state=PageState.FAILED,
            lease_owner=None,
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
            .values(state=PageState.DUE, lease_owner=None, published_at=None)
            .returning(Page.id)
        )
    )


def _held_by(owner: str) -> ColumnElement[bool]:
    return and_(Page.state == PageState.CLAIMED, Page.lease_owner == owner)
