"""Tables of the HTTP service: who may use it, and whom it tells that a job is finished."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sealq_storage.sql.clock import UtcDateTime, database_now
from sealq_storage.sql.tables import RowId, Table


class WebhookState(StrEnum):
    """Where a webhook stands."""

    WAITING = "waiting"  # its job is not finished, or it is to be sent (again)
    DELIVERED = "delivered"
    FAILED = "failed"  # all attempts are used up


class ApiKey(Table):
    """A key to the HTTP service. The key itself is nowhere: its hash is."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    #: For people; once.
    name: Mapped[str] = mapped_column(String(100), unique=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    #: `read`, `submit` or `admin` (`api_keys.Scope`).
    scope: Mapped[str] = mapped_column(String(20))
    #: Requests a minute; None: no limit.
    rate: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now())
    #: To the minute, or so; None: never.
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Webhook(Table):
    """An address that is told when a job is finished. A job has one at most."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_state_due_at", "state", "due_at"),)

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    #: What the sender signs with; the receiver brought it.
    secret: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default=WebhookState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    #: Not sent before.
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now())
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Why the last attempt did not arrive.
    error: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
