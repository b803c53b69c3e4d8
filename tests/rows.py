"""Builders of what tests find in the database."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from waiting import until

from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.spec import PipelineSpec
from sealq_storage.documents import (
    Counted,
    NewDocument,
    add_documents,
    claim_documents,
    finish_counting,
)
from sealq_storage.jobs import NewJob, create_job
from sealq_storage.pages import finish_pages
from sealq_storage.readings import NewReading, NewRegion, ReadingKey, save_readings
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions, open_engine, open_sessions
from sealq_storage.sql.migrate import upgrade
from sealq_storage.sql.tables import Document, Page


@contextmanager
def migrated(url: str) -> Iterator[Sessions]:
    """Make the tables in an empty database; give sessions on it."""
    engine = open_engine(url)
    upgrade(engine)
    yield open_sessions(engine)
    engine.dispose()


def spec(**parameters: object) -> PipelineSpec:
    """Return the default preset's spec."""
    return load_preset("mobile").spec(PredictParameters.model_validate(parameters))


def new_job(sessions: Sessions, **wishes: Any) -> str:
    """Create a job; return its id."""
    with sessions.begin() as session:
        return create_job(session, NewJob(**{"name": "test", "spec": spec(), **wishes})).id


def new_documents(sessions: Sessions, job_id: str, *sources: str) -> list[int]:
    """List documents that nobody will open; return their ids."""
    with sessions.begin() as session:
        listed = [NewDocument(source, f"file:///{source}") for source in sources]
        return add_documents(session, job_id, listed)


def new_pages(sessions: Sessions, job_id: str, source: str = "a.pdf", pages: int = 1) -> list[int]:
    """List a document and count its pages, whose content is that of no file; return their ids."""
    ids = new_documents(sessions, job_id, source)
    numbers = range(1, pages + 1)
    counted = Counted(f"{ids[0]:064x}", 1, "image/tiff", page_count=pages, numbers=numbers)
    with sessions.begin() as session:
        (document,) = claim_documents(session, ids, "counter", 60)
        return finish_counting(session, "counter", {document: counted})[document.id]


def page_states(sessions: Sessions) -> list[tuple[str, str | None, int]]:
    """Return state, error code and attempts of all pages in their order."""
    query = select(Page.state, Page.error_code, Page.attempts)
    with sessions.begin() as session:
        rows = session.execute(query.order_by(Page.document_id, Page.number))
        return [(state, code, attempts) for state, code, attempts in rows]


def new_reading(sha256: str = "c" * 64, page: int = 1, *regions: NewRegion) -> NewReading:
    """Return a reading that no job asked for; its objects are nowhere."""
    return NewReading(
        key=ReadingKey(sha256, page, "d" * 64),
        pipeline_id=spec().id,
        page_width=600,
        page_height=800,
        dpi=144.0,
        looked="layout",
        transform={},
        object_prefix=f"readings/{page}",
        pictures=(),
        seconds={},
        device="cpu",
        regions=regions,
    )


def save_reading(session: Session, new: NewReading) -> int:
    """Store one reading; return its id."""
    return save_readings(session, [new])[new.key]


def finish_page(session: Session, page_id: int, owner: str, reading_id: int) -> None:
    """End one page with its reading."""
    finish_pages(session, owner, {page_id: reading_id})


def until_it_waits(session: Session, other: Future[Any]) -> None:
    """Wait until another thread is held up by what this session did, or is through.

    SQLite lets nobody in while a session writes: there is nothing to wait for.
    """
    if session.get_bind().dialect.name == "postgresql":
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        until(lambda: other.done() or session.scalar(waiting))


def end_leases(session: Session) -> None:
    """Let the leases of all documents and pages end a second ago."""
    for table in (Document, Page):
        session.execute(update(table).values(lease_until=database_now(-1)))


def shift_clock(patch: pytest.MonkeyPatch, days: int) -> None:
    """Shift the clock that Python shows to sealq's storage; the database's stays."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp((datetime.now(tz) + timedelta(days)).timestamp(), tz)

        @classmethod
        def utcnow(cls) -> Self:
            return cls.now().replace(tzinfo=None)

    for name, module in list(sys.modules.items()):
        if name.startswith("sealq_storage") and hasattr(module, "datetime"):
            patch.setattr(module, "datetime", Shifted)
