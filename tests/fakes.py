"""Small real implementations for tests: readers, and a worker's parts over real servers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from kombu.entity import Queue
from odd_files import grey_frame, raw_tiff
from PIL import Image
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec
from sealq_storage.documents import (
    Counted,
    NewDocument,
    add_documents,
    claim_documents,
    finish_counting,
)
from sealq_storage.jobs import NewJob, create_job, load_spec
from sealq_storage.readings import NewReading, NewRegion, ReadingKey
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions, open_engine, open_sessions
from sealq_storage.sql.migrate import upgrade
from sealq_storage.sql.tables import Document, Page
from sealq_storage.transport import (
    LARGEST_PRIORITY,
    TASK_COUNT,
    TASK_READ,
    make_celery,
    queues_of,
)
from sealq_worker.count import count_documents
from sealq_worker.devices import DEVICE_KINDS
from sealq_worker.documents import PageImage
from sealq_worker.pipelines import Pipeline, PipelineCache
from sealq_worker.read import read_pages
from sealq_worker.reader import RawReading, Reader
from sealq_worker.runtime import Runtime, build_runtime

# Documents whose pages tell their numbers ---------------------------------------------------------

#: A page of `tiff` is so many pixels wide and its number: a reader can tell the pages.
_WIDTH = 100


def tiff(pages: int, shade: int = 255) -> bytes:
    """Return a TIFF; another shade makes another content."""
    return raw_tiff([grey_frame(_WIDTH + number, 30, shade) for number in range(1, pages + 1)])


def number_of(page: PageImage) -> int:
    """Return the number of a page of `tiff`."""
    return int(page.image.shape[1]) - _WIDTH


# Readers ------------------------------------------------------------------------------------------


def result(*lines: str, angle: int = -1) -> dict[str, Any]:
    """Return what PaddleX says of a page with one seal, in the form of its `json["res"]`."""
    square = [[0, 0], [8, 0], [8, 8], [0, 8]]
    box = {"cls_id": 2, "label": "seal", "score": 0.75, "coordinate": [2.5, 3.5, 12.5, 13.5]}
    seal = {
        "rec_texts": list(lines),
        "rec_scores": [0.5] * len(lines),
        "rec_polys": [square] * len(lines),
    }
    return {
        "model_settings": {"use_doc_preprocessor": True, "use_layout_detection": True},
        "doc_preprocessor_res": {"model_settings": {"use_doc_unwarping": False}, "angle": angle},
        "layout_det_res": {"boxes": [box]},
        "seal_res_list": [seal],
    }


class NullReader:
    """Finds on every page one region with one line: the page's number."""

    def read(self, page: PageImage) -> RawReading:
        return RawReading(
            res=result(f"第{number_of(page)}页"),
            pictures={"layout_det_res": Image.new("RGB", (8, 8))},
            looked="layout",
            parameters={},
            seconds={"read": 0.25, "draw": 0.0},
        )


class FailingReader:
    """Raises on some pages; the others go to a reader that does not."""

    def __init__(self, pages: Collection[int], inner: Reader | None = None) -> None:
        self._pages = pages
        self._inner = inner or NullReader()

    def read(self, page: PageImage) -> RawReading:
        if number_of(page) in self._pages:
            raise ZeroDivisionError("a box without width")
        return self._inner.read(page)


class CountingReader:
    """Remembers the pages that it was asked for, in order."""

    def __init__(self, inner: Reader | None = None) -> None:
        self._inner = inner or NullReader()
        self.pages: list[int] = []

    def read(self, page: PageImage) -> RawReading:
        self.pages.append(number_of(page))
        return self._inner.read(page)


# The database -------------------------------------------------------------------------------------

#: Seconds that something may take which happens at once on an idle machine.
PATIENCE = 60.0
#: Seconds between two looks at what is waited for.
POLL = 0.01


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
    counted = Counted(sha256=f"{ids[0]:064x}", size=1, media_type="image/tiff", page_count=pages)
    with sessions.begin() as session:
        (document,) = claim_documents(session, ids, "counter", 60)
        return finish_counting(session, document, "counter", counted, range(1, pages + 1))


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


def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(POLL)


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


# A worker -----------------------------------------------------------------------------------------


def settings_for(home: Path, database_url: str, redis_url: str, **values: Any) -> Settings:
    """Return settings whose objects and models are folders in `home` unless values say else."""
    urls = {"database_url": database_url, "redis_url": redis_url}
    return Settings(**{"home": home, "models_dir": home / "models", **urls, **values})


@contextmanager
def open_runtime(
    settings: Settings,
    reader: Reader | None = None,
    *,
    owner: str = "worker",
    load: Callable[[PipelineSpec], Reader] | None = None,
) -> Iterator[Runtime]:
    """Build a worker's parts as a worker does, all but the pipeline.

    Args:
        settings: Where the servers are; the database has its tables.
        reader: Stands for the pipeline of every spec; default: a `NullReader`.
        owner: The worker's name.
        load: Makes the reader, where that matters.
    """
    loaded = reader or NullReader()
    runtime = build_runtime(settings, make_celery(settings))
    make = partial(_pipeline, runtime, load or (lambda _: loaded))
    yield replace(runtime, owner=owner, pipelines=PipelineCache(make))
    runtime.sessions.kw["bind"].dispose()


def _pipeline(
    runtime: Runtime, load: Callable[[PipelineSpec], Reader], pipeline_id: str
) -> Pipeline:
    with runtime.sessions.begin() as session:
        spec = load_spec(session, pipeline_id)
    return Pipeline(spec, ModelCache(runtime.settings.models_dir), load)


# Messages -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """A message as a worker gets it."""

    task: str
    queue: str
    #: Its job's.
    priority: int
    ids: tuple[int, ...]


def take_messages(settings: Settings) -> list[Message]:
    """Take all messages out of Redis, those of a queue as workers get them."""
    queues = sorted({name for kind in DEVICE_KINDS for name in queues_of(kind)})
    with make_celery(settings).connection_for_read() as connection:
        bound = [Queue(name, channel=connection.default_channel) for name in queues]
        return [
            _message(taken)
            for queue in bound
            for taken in iter(partial(queue.get, no_ack=True), None)
        ]


def _message(taken: Any) -> Message:
    (ids,), _, _ = taken.payload
    queue = taken.delivery_info["routing_key"]
    priority = LARGEST_PRIORITY - taken.properties["priority"]
    return Message(taken.headers["task"], queue, priority, tuple(ids))


#: What a worker does with a message.
FLOWS: Mapping[str, Callable[[Runtime, tuple[int, ...]], object]] = {
    TASK_COUNT: count_documents,
    TASK_READ: read_pages,
}


def work_off(runtime: Runtime) -> list[Message]:
    """Do what a worker does until no message is left; return the messages."""
    done: list[Message] = []
    while messages := take_messages(runtime.settings):
        for message in messages:
            FLOWS[message.task](runtime, message.ids)
        done += messages
    return done
