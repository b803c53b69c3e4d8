"""The tables. `docs/database.md` describes them for people who query them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sealq_storage.sql.clock import UtcDateTime, database_now

#: SQLite numbers rows by itself only in an INTEGER key.
RowId = BigInteger().with_variant(Integer, "sqlite")

#: Most characters in the text of a field: PostgreSQL's index takes some 2700 bytes an entry, and a
#: character has up to 4. No seal says a quarter of it.
FIELD_CHARACTERS = 400


class DocumentState(StrEnum):
    """Where a document stands."""

    LISTED = "listed"  # known by name; nobody has opened it
    COUNTED = "counted"  # opened; its pages are rows
    FAILED = "failed"
    CANCELLED = "cancelled"


class PageState(StrEnum):
    """Where a page stands. `done`, `failed` and `cancelled` are final."""

    DUE = "due"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Table(DeclarativeBase):
    """Base of all tables, with names for constraints so that migrations can speak of them."""


Table.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _partial(name: str, *columns: str, where: str) -> Index:
    """Return an index of few rows among many; queries ask by `in_state`."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


class Pipeline(Table):
    """A `PipelineSpec` that jobs asked for."""

    __tablename__ = "pipelines"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    preset: Mapped[str] = mapped_column(Text)
    spec: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now())


class Job(Table):
    """One submit."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    client_token: Mapped[str | None] = mapped_column(String(200), unique=True)
    pipeline_id: Mapped[str] = mapped_column(ForeignKey("pipelines.id"))
    #: 0 to 9, larger is sooner.
    priority: Mapped[int]
    #: `gpu`, `npu`, ...; None: any device.
    device_kind: Mapped[str | None] = mapped_column(String(20))
    tags: Mapped[dict[str, str]] = mapped_column(JSON)
    #: Selected pages as the user wrote them (`1-3,7`); None: all.
    pages: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now(), index=True)
    #: When the last document was listed; None while the producer is at it.
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def _source_sha256(context: DefaultExecutionContext) -> str:
    source: str = context.get_current_parameters()["source"]
    return hashlib.sha256(source.encode()).hexdigest()


class Document(Table):
    """One input file of one job."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("job_id", "source_sha256"),
        Index("ix_documents_job_id_state", "job_id", "state"),
        _partial("ix_documents_listed", "published_at", "id", where="state = 'listed'"),
        _partial(
            "ix_documents_leased",
            "lease_owner",
            where="state = 'listed' AND lease_owner IS NOT NULL",
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(Text)
    #: Stands for the source in the index: PostgreSQL can't index names of any length.
    source_sha256: Mapped[str] = mapped_column(String(64), default=_source_sha256)
    location: Mapped[str] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    media_type: Mapped[str | None] = mapped_column(String(100))
    page_count: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(20), default=DocumentState.LISTED)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str | None] = mapped_column(String(60))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Page(Table):
    """One selected page of a document: the unit of work."""

    __tablename__ = "pages"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index("ix_pages_job_id_state", "job_id", "state"),
        _partial("ix_pages_due", "published_at", "id", where="state = 'due'"),
        _partial("ix_pages_claimed", "lease_owner", where="state = 'claimed'"),
        _partial("ix_pages_finished", "job_id", "finished_at", where="finished_at IS NOT NULL"),
        _partial("ix_pages_reading_id", "reading_id", where="reading_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    #: From 1.
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=PageState.DUE)
    #: How often a worker began to read it.
    attempts: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reading_id: Mapped[int | None] = mapped_column(ForeignKey("readings.id"))
    error_code: Mapped[str | None] = mapped_column(String(60))
    error: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Reading(Table):
    """What one pipeline says of one page content. Computed once, shared by every job."""

    __tablename__ = "readings"
    __table_args__ = (UniqueConstraint("content_sha256", "page_number", "pipeline_digest"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    content_sha256: Mapped[str] = mapped_column(String(64))
    page_number: Mapped[int]
    pipeline_digest: Mapped[str] = mapped_column(String(64), index=True)
    pipeline_id: Mapped[str] = mapped_column(ForeignKey("pipelines.id"))
    #: Size of the page image in pixels.
    page_width: Mapped[int]
    page_height: Mapped[int]
    #: Dots per inch of the page image; None where the picture does not say.
    dpi: Mapped[float | None]
    #: How the page was looked at: `layout` or `whole` (a picture of nothing but a seal).
    looked: Mapped[str] = mapped_column(String(20))
    #: Degrees by which the page image was turned, and whether it was unwarped, before reading.
    transform: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Object keys start with it; `reading.json` and the pictures lie below.
    object_prefix: Mapped[str] = mapped_column(Text)
    pictures: Mapped[list[str]] = mapped_column(JSON)
    #: Seconds by stage.
    seconds: Mapped[dict[str, float]] = mapped_column(JSON)
    device: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now())
    #: How surely the page holds no seal, 0 to 1; None where seals were found, or the preset takes
    #: no second look.
    empty_score: Mapped[float | None]
    #: What of the page was missing when it was read all the same; None: nothing known.
    damage: Mapped[str | None] = mapped_column(Text)


class Region(Table):
    """A located seal, or a mark that is reported and not read."""

    __tablename__ = "regions"
    __table_args__ = (UniqueConstraint("reading_id", "number"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    reading_id: Mapped[int] = mapped_column(ForeignKey("readings.id", ondelete="CASCADE"))
    #: From 1: seals in PaddleX's order, then the others.
    number: Mapped[int]
    #: `page` (page pixels) or `prepared` (the unwarped image, which can't be undone).
    frame: Mapped[str] = mapped_column(String(20))
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]
    #: The locator's score; None where the whole picture was taken as one seal.
    score: Mapped[float | None]
    #: `seal`, `cut_seal` or `tax_mark` (`readings.RegionLabel`).
    label: Mapped[str] = mapped_column(String(20), server_default="seal")
    #: `layout`, `second_look` or `whole` (`readings.FoundBy`).
    found_by: Mapped[str] = mapped_column(String(20), server_default="layout")
    #: Only a careful reading says them; rotation in degrees counter-clockwise.
    shape: Mapped[str | None] = mapped_column(String(20))
    ink: Mapped[str | None] = mapped_column(String(20))
    rotation: Mapped[float | None]


class Line(Table):
    """One piece of text in a region."""

    __tablename__ = "lines"
    __table_args__ = (UniqueConstraint("region_id", "number"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id", ondelete="CASCADE"))
    #: From 1, in PaddleX's order.
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    score: Mapped[float]
    #: Points (x, y) in the region's frame.
    polygon: Mapped[list[list[float]]] = mapped_column(JSON)


class Field(Table):
    """What a seal says under one name: its owner, its purpose, a number."""

    __tablename__ = "fields"
    __table_args__ = (
        UniqueConstraint("region_id", "name"),
        Index("ix_fields_name_text", "name", "text"),
        CheckConstraint(f"length(text) <= {FIELD_CHARACTERS}", name="ck_fields_text_length"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("regions.id", ondelete="CASCADE"))
    #: `owner`, `purpose`, `tax_id` or `serial` (`readings.FieldName`).
    name: Mapped[str] = mapped_column(String(20))
    #: None: unreadable.
    text: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float | None]
    #: `read`, `proposed` or `unreadable` (`readings.FieldState`).
    state: Mapped[str] = mapped_column(String(20))
    #: Objects with `text` and `score`, the likeliest first.
    alternatives: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class Tally(Table):
    """How many of a kind a job has. Triggers keep it; the sum over `part` counts."""

    __tablename__ = "tallies"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    #: `document` or `page`, by state; `region`, by label; `known`: pages read before the job.
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: The state or label.
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: Writers of one part do not wait for those of another.
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: May be below zero in one part.
    count: Mapped[int] = mapped_column(BigInteger)


def in_state(table: type[Document | Page], state: str) -> ColumnElement[bool]:
    """Return the condition that a row is in a state, so that partial indexes serve it.

    The state stands in the statement itself: neither database looks into parameters to see whether
    such an index fits.
    """
    return table.state == bindparam("in_state", state, unique=True, literal_execute=True)
