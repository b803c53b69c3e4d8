"""Small real implementations for tests: readers, and a worker's parts over real servers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from kombu.entity import Queue
from odd_files import grey_frame, raw_tiff
from PIL import Image
from rows import spec

from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec
from sealq_producer.sources import Source
from sealq_producer.stack import open_stack
from sealq_producer.submit import submit
from sealq_storage.jobs import NewJob, load_spec
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
from sealq_worker.fetch import FetchedDocument, Fetcher
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


class NullReader(Reader):
    """Finds on every page one region with one line: the page's number and the document's shade."""

    def read(self, page: PageImage) -> RawReading:
        return RawReading(
            res=result(f"第{number_of(page)}页 {page.image[0, 0, 0]}"),
            pictures={"layout_det_res": Image.new("RGB", (8, 8))},
            looked="layout",
            parameters={},
            seconds={"read": 0.25},
        )


class FailingReader(Reader):
    """Raises on some pages; the others go to a reader that does not."""

    def __init__(self, pages: Collection[int], inner: Reader | None = None) -> None:
        self._pages = pages
        self._inner = inner or NullReader()

    def read(self, page: PageImage) -> RawReading:
        if number_of(page) in self._pages:
            raise ZeroDivisionError("a box without width")
        return self._inner.read(page)


class MisshapenReader(NullReader):
    """Gives a result in which a box has no seal: it can't be stored."""

    def read(self, page: PageImage) -> RawReading:
        raw = super().read(page)
        return replace(raw, res={**raw.res, "seal_res_list": []})


class CountingReader(Reader):
    """Remembers the pages that it was asked for, in order."""

    def __init__(self, inner: Reader | None = None) -> None:
        self._inner = inner or NullReader()
        self.pages: list[int] = []

    def read(self, page: PageImage) -> RawReading:
        self.pages.append(number_of(page))
        return self._inner.read(page)


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


def submit_files(settings: Settings, *names: str | Path, **wishes: Any) -> str:
    """Submit files as a job, named as given; return its id."""
    sources = [
        Source(str(name), Path(name).absolute(), Path(name).stat().st_size) for name in names
    ]
    with open_stack(settings) as stack:
        new = NewJob(**{"name": "test", "spec": spec(), **wishes})
        return submit(stack, new, sources, lambda _: None).job_id


def _pipeline(
    runtime: Runtime, load: Callable[[PipelineSpec], Reader], pipeline_id: str
) -> Pipeline:
    with runtime.sessions.begin() as session:
        wanted = load_spec(session, pipeline_id)
    return Pipeline(wanted, ModelCache(runtime.settings.models_dir), load)


class CountingFetcher(Fetcher):
    """A worker's fetcher that remembers the names of the files it was asked for."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime.objects, s3_endpoint_url=None, max_bytes=1 << 30)
        self.names: list[str] = []

    @contextmanager
    def fetch(self, location: str, sha256: str | None) -> Iterator[FetchedDocument]:
        self.names.append(Path(location).name)
        with super().fetch(location, sha256) as fetched:
            yield fetched


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


def count_documents_waiting(runtime: Runtime) -> list[Message]:
    """Work off the documents to be counted; return the messages about their pages."""
    for message in take_messages(runtime.settings):
        assert message.task == TASK_COUNT
        count_documents(runtime, message.ids)
    return take_messages(runtime.settings)


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
