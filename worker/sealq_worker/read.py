"""The flow of `sealq.read`: claim pages, link those already read, read the others, save.

A page that can't be read fails alone, with its reason. Each page is saved before the next begins,
and its attempt counted before: whatever ends the process costs the page in hand one attempt, and
its neighbours nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import groupby

from sealq_configs.errors import ModelError
from sealq_configs.logs import log_context
from sealq_storage.causes import Cause
from sealq_storage.pages import ClaimedPage
from sealq_storage.readings import ReadingKey
from sealq_worker.activity import Stage
from sealq_worker.chunk import Chunk, claimed
from sealq_worker.documents import OpenDocument, name_of, open_document
from sealq_worker.errors import DocumentError, ReaderError
from sealq_worker.pipelines import Pipeline
from sealq_worker.runtime import STACK_ERRORS, Runtime
from sealq_worker.save import Read, store

log = logging.getLogger(__name__)


def read_pages(runtime: Runtime, page_ids: Sequence[int]) -> int:
    """Read those of these pages that are free; return how many were really read.

    Told to stop, it finishes the page in hand and gives back the others.

    Raises:
        StackUnreachableError: A part of the stack failed; the pages are due again.
    """
    with claimed(runtime, page_ids) as chunk:
        pages = sorted(chunk.pages, key=lambda page: page.pipeline_id)
        groups = groupby(pages, key=lambda page: page.pipeline_id)
        return sum(_read_with(runtime, chunk, spec_id, list(group)) for spec_id, group in groups)


def _read_with(
    runtime: Runtime, chunk: Chunk, pipeline_id: str, pages: Sequence[ClaimedPage]
) -> int:
    """Read pages of one pipeline, document by document."""
    # What ended an attempt comes last: it may end this process too.
    suspects_last = sorted(pages, key=lambda page: (page.attempts, page.document_id, page.number))
    read = 0
    try:
        pipeline = runtime.pipelines.get(pipeline_id)
        for _, document in groupby(suspects_last, key=lambda page: page.document_id):
            read += _read_document(runtime, chunk, pipeline, list(document))
    except (ReaderError, ModelError) as exc:
        for page in chunk.open_among(pages):
            chunk.fail(page, "no_model", str(exc))
    return read


def _read_document(
    runtime: Runtime, chunk: Chunk, pipeline: Pipeline, pages: Sequence[ClaimedPage]
) -> int:
    """Read those pages of one document that nobody read before; it is fetched and opened once."""
    if runtime.stopping():
        return 0
    unread = _unread(runtime, chunk, pipeline, pages)
    if not unread:
        return 0
    with runtime.activity.doing(Stage.LOAD):
        _ = pipeline.reader  # before any page's attempt counts
    with ExitStack() as stack:
        document = _open(runtime, chunk, pipeline, unread, stack)
        return sum(
            _read_page(runtime, chunk, pipeline, document, page)
            for page in chunk.open_among(unread)
            if document and not runtime.stopping()
        )


def _unread(
    runtime: Runtime, chunk: Chunk, pipeline: Pipeline, pages: Sequence[ClaimedPage]
) -> list[ClaimedPage]:
    """End the pages whose reading exists, and return the others.

    Asked for each document anew: its twin may have been read a moment ago.
    """
    with runtime.activity.doing(Stage.LOAD):
        keys = {page.id: _key(pipeline, page) for page in pages}
    chunk.link_known(keys)
    return chunk.open_among(pages)


def _open(
    runtime: Runtime,
    chunk: Chunk,
    pipeline: Pipeline,
    unread: Sequence[ClaimedPage],
    stack: ExitStack,
) -> OpenDocument | None:
    """Open a document until the stack is left; None: it could not be, and its pages are ended.

    An attempt of all its pages counts meanwhile: a file that ends the process each time it is
    opened ends as dead letters too.
    """
    pages = chunk.begin(unread)
    if not pages:
        return None
    first, ids = pages[0], [page.id for page in pages]
    try:
        with runtime.activity.doing(Stage.OPEN, pages=ids):
            fetch = runtime.fetcher.fetch(first.location, first.sha256)
            path = stack.enter_context(fetch).path
            opened = open_document(
                path, dpi=pipeline.spec.dpi, limits=runtime.limits, name=name_of(first.source)
            )
            document = stack.enter_context(opened)
    except Exception as exc:  # noqa: BLE001 (it says of the page what it says)
        _end(chunk, pages, exc)
        return None
    chunk.spare(pages[1:])
    return document


def _read_page(
    runtime: Runtime,
    chunk: Chunk,
    pipeline: Pipeline,
    document: OpenDocument,
    page: ClaimedPage,
) -> bool:
    """Read one page and save it; say whether that was done."""
    with log_context(document=page.document_id, page=page.number):
        if not chunk.begin([page]):
            return False
        try:
            _save(runtime, chunk, page, _read(runtime, pipeline, document, page))
        except Exception as exc:  # noqa: BLE001 (it says of the page what it says)
            _end(chunk, [page], exc)
            return False
        return True


def _read(runtime: Runtime, pipeline: Pipeline, document: OpenDocument, page: ClaimedPage) -> Read:
    started = time.perf_counter()
    with runtime.activity.doing(Stage.PREPARE, pages=[page.id]):
        image = document.page(page.number)
    prepared = time.perf_counter()
    with runtime.activity.doing(Stage.READ, pages=[page.id]):
        raw = pipeline.reader.read(image)
    return Read(
        key=_key(pipeline, page),
        page=image,
        raw=raw,
        pipeline=pipeline,
        device=runtime.device,
        prepare_seconds=prepared - started,
    )


def _save(runtime: Runtime, chunk: Chunk, page: ClaimedPage, read: Read) -> None:
    with runtime.activity.doing(Stage.SAVE, pages=[page.id]):
        chunk.finish(page, store(read, runtime.objects, runtime.settings.jpeg_quality))
    runtime.activity.page_saved()


def _end(chunk: Chunk, pages: Sequence[ClaimedPage], exc: Exception) -> None:
    """End an attempt as its error says: for good, for now, or not at all."""
    if isinstance(exc, STACK_ERRORS):
        raise exc
    if isinstance(exc, DocumentError):
        for page in pages:
            chunk.fail(page, exc.code, str(exc))
        return
    log.error("%s could not be read", pages[0].source, exc_info=exc)
    cause = Cause.OUT_OF_MEMORY if isinstance(exc, MemoryError) else Cause.READING_FAILED
    chunk.end_attempts(pages, cause, f"Reading it failed: {exc!r}.")


def _key(pipeline: Pipeline, page: ClaimedPage) -> ReadingKey:
    return ReadingKey(page.sha256, page.number, pipeline.digest)
