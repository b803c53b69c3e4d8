"""Pages, the unit of work: claimed for a time by one worker, then done or failed.

A claim is a lease by the database's clock. An attempt is counted when the reading of a page begins,
not when its chunk is claimed: a neighbour that kills the process costs a page nothing. A page that
used up its attempts is a dead letter (`dead_letters.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_, select, update
from sqlalchemy.orm import Session

from sealq_storage.causes import FailedAttempt
from sealq_storage.sql.clock import database_now, moment
from sealq_storage.sql.engine import commit_at_leisure
from sealq_storage.sql.tables import Document, Job, Page, PageState, RowId, in_state

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
    #: Why an earlier attempt gave nothing.
    error_code: str | None

    @property
    def suspect(self) -> bool:
        """Whether it was in hand when a process ended, or an attempt of it ended: it may be why."""
        return self.attempts > 0 or self.error_code is not None


def claimable() -> ColumnElement[bool]:
    """Pages that anybody may claim: due, or left behind by a worker whose lease ended."""
    return or_(in_state(Page, PageState.DUE), abandoned())


def abandoned() -> ColumnElement[bool]:
    """Pages left behind by a worker whose lease ended."""
    # Whoever claims has a name. Said again, so that SQLite takes the index of what is claimed.
    somebody = Page.lease_owner > ""
    return and_(in_state(Page, PageState.CLAIMED), somebody, Page.lease_until < moment())


def claim_pages(
    session: Session, ids: Sequence[int], owner: str, lease_seconds: int
) -> list[ClaimedPage]:
    """Claim those of these pages that nobody holds, in document and page order."""
    commit_at_leisure(session)
    claimed = session.execute(
        update(Page)
        .where(Page.id.in_(ids), or_(claimable(), _held_by(owner)))
        .values(
            state=PageState.CLAIMED,
            lease_owner=owner,
            lease_until=database_now(lease_seconds),
        )
        .returning(Page.id, Page.number, Page.document_id, Page.attempts, Page.error_code)
        .execution_options(synchronize_session=False)
    ).all()
    of_document = _documents(session, {row.document_id for row in claimed})
    pages = [ClaimedPage(**row._asdict(), **of_document[row.document_id]) for row in claimed]
    return sorted(pages, key=lambda page: (page.document_id, page.number))


def _documents(session: Session, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return what a claimed page says of its document and job, by the document's id."""
    query = (
        select(
            Document.id,
            Document.source,
            Document.location,
            Document.sha256,
            Document.media_type,
            Job.pipeline_id,
            Job.priority,
            Job.device_kind,
        )
        .join(Job, Job.id == Document.job_id)
        .where(Document.id.in_(ids))
    )
    found = [row._asdict() for row in session.execute(query)]
    return {document.pop("id"): document for document in found}


def begin_attempts(
    session: Session, ids: Sequence[int], owner: str, lease_seconds: int
) -> set[int]:
    """Count an attempt of those of these pages that this owner still holds; return their ids.

    Committed before the work begins: a page that ends the process has its attempt counted. The
    leases are renewed.
    """
    commit_at_leisure(session)
    begun = session.scalars(
        update(Page)
        .where(Page.id.in_(ids), _held_by(owner))
        .values(attempts=Page.attempts + 1, lease_until=database_now(lease_seconds))
        .returning(Page.id)
        .execution_options(synchronize_session=False)
    )
    return set(begun)


def renew_leases(session: Session, ids: Sequence[int], owner: str, lease_seconds: int) -> set[int]:
    """Renew the leases of those of these pages that this owner still holds; return their ids."""
    renewed = session.scalars(
        update(Page)
        .where(Page.id.in_(ids), _held_by(owner))
        .values(lease_until=database_now(lease_seconds))
        .returning(Page.id)
    )
    return set(renewed)


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


def doubt_attempts(session: Session, ids: Sequence[int], owner: str, failed: FailedAttempt) -> None:
    """Take back attempts that ended together, and mark their pages: one is to blame, which?

    Claimed again they are suspects, and each is tried alone.
    """
    session.execute(
        update(Page)
        .where(Page.id.in_(ids), _held_by(owner), Page.attempts > 0)
        .values(**_DUE, attempts=Page.attempts - 1, error_code=failed.cause, error=failed.error)
    )


def finish_pages(session: Session, owner: str, readings: Mapping[int, int]) -> None:
    """End pages this owner holds with their readings.

    Args:
        session: Where; one statement, however many pages.
        owner: Who holds them.
        readings: The id of each page's reading, by the page's id.
    """
    ids = {page_id: literal(reading_id, RowId) for page_id, reading_id in readings.items()}
    session.execute(
        update(Page)
        .where(Page.id.in_(readings), _held_by(owner))
        .values(
            state=PageState.DONE,
            reading_id=case(ids, value=Page.id),
            lease_owner=None,
            error_code=None,
            error=None,
            finished_at=database_now(),
        )
        .execution_options(synchronize_session=False)
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
    return and_(in_state(Page, PageState.CLAIMED), Page.lease_owner == owner)
