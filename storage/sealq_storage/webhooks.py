"""Webhooks: claimed for a time by one sender once their job is finished; delivered or failed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from sealq_storage.sql.access_tables import Webhook, WebhookState
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import dialect_of
from sealq_storage.sql.tables import Document, DocumentState, Job, Page, PageState

#: Attempts before a webhook is given up: the last comes about five hours after the first.
MAX_ATTEMPTS = 12
#: Seconds before the second attempt; each further wait is twice as long, up to the longest.
_FIRST_WAIT = 10
_LONGEST_WAIT = 7200


@dataclass(frozen=True)
class ClaimedWebhook:
    """A webhook that this sender holds until its lease ends."""

    job_id: str
    url: str
    secret: str
    #: This one included.
    attempt: int


def set_webhook(session: Session, job_id: str, url: str, secret: str) -> None:
    """Let an address be told when a job is finished, unless the job has one already."""
    session.execute(
        dialect_of(session)
        .insert(Webhook)
        .values(job_id=job_id, url=url, secret=secret)
        .on_conflict_do_nothing()
    )


def find_webhook(session: Session, job_id: str) -> Webhook | None:
    """Return the webhook of a job; None: it has none."""
    return session.get(Webhook, job_id)


def rearm_webhook(session: Session, job_id: str) -> None:
    """Let the webhook of a job that is worked on again speak again."""
    session.execute(
        update(Webhook)
        .where(Webhook.job_id == job_id)
        .values(
            state=WebhookState.WAITING,
            attempts=0,
            due_at=database_now(),
            error=None,
            delivered_at=None,
        )
    )


def claim_webhooks(
    session: Session, owner: str, lease_seconds: int, limit: int
) -> list[ClaimedWebhook]:
    """Claim webhooks of finished jobs that are due and that nobody holds; count the attempt.

    Several senders may ask at once: each webhook goes to one of them.
    """
    free = or_(Webhook.lease_until.is_(None), Webhook.lease_until < database_now())
    due = (
        select(Webhook.job_id)
        .join(Job, Job.id == Webhook.job_id)
        .where(Webhook.state == WebhookState.WAITING, Webhook.due_at <= database_now(), free)
        .where(job_is_finished())
        .order_by(Webhook.due_at)
        .limit(limit)
        # Two senders at once: the second passes over what the first is about to take.
        .with_for_update(of=Webhook, skip_locked=True)
    )
    claimed = session.execute(
        update(Webhook)
        .where(Webhook.job_id.in_(session.scalars(due).all()))
        .values(
            attempts=Webhook.attempts + 1,
            lease_owner=owner,
            lease_until=database_now(lease_seconds),
        )
        .returning(Webhook.job_id, Webhook.url, Webhook.secret, Webhook.attempts)
        .execution_options(synchronize_session=False)
    )
    return [ClaimedWebhook(*row) for row in claimed]


def finish_webhook(session: Session, job_id: str, owner: str) -> None:
    """Note that a webhook which this sender holds has arrived."""
    _end(session, job_id, owner, {"state": WebhookState.DELIVERED, "delivered_at": database_now()})


def fail_webhook(session: Session, webhook: ClaimedWebhook, owner: str, error: str) -> None:
    """Note why an attempt did not arrive: it is due again later, or was the last one."""
    after: dict[str, object] = {"error": error}
    if webhook.attempt >= MAX_ATTEMPTS:
        after["state"] = WebhookState.FAILED
    else:
        after["due_at"] = database_now(wait_after(webhook.attempt))
    _end(session, webhook.job_id, owner, after)


def wait_after(attempt: int) -> int:
    """Return the seconds between an attempt, counted from 1, and the next."""
    return int(min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT))


def job_is_finished() -> ColumnElement[bool]:
    """Jobs in which nothing is left to do, as `status.job_status` says it."""
    all_final = Job.submitted_at.is_not(None) & ~has_open_work()
    return or_(Job.cancelled_at.is_not(None), all_final)


def has_open_work() -> ColumnElement[bool]:
    """Jobs with documents or pages that are not in a final state."""
    documents = exists().where(Document.job_id == Job.id, Document.state == DocumentState.LISTED)
    pages = exists().where(
        Page.job_id == Job.id, Page.state.in_([PageState.DUE, PageState.CLAIMED])
    )
    return or_(documents.correlate(Job), pages.correlate(Job))


def _end(session: Session, job_id: str, owner: str, values: dict[str, object]) -> None:
    session.execute(
        update(Webhook)
        .where(Webhook.job_id == job_id, Webhook.lease_owner == owner)
        .values(lease_owner=None, lease_until=None, **values)
    )
