"""The flow of `sealq.read`: claim pages, link those already read, read the others, save.

A page that can't be read fails alone, with its reason. When the stack fails (database, objects),
the pages in hand are given back and the message comes again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from itertools import chain, groupby

from sealq_configs.errors import ModelError
from sealq_configs.logs import log_context
from sealq_storage.dispatch import Route
from sealq_storage.pages import (
    ClaimedPage,
    begin_attempt,
    claim_pages,
    fail_page,
    finish_page,
    give_back_pages,
)
from sealq_storage.readings import ReadingKey, find_readings, save_reading
from sealq_worker.documents import OpenDocument, open_document
from sealq_worker.errors import DocumentError, ReaderError
from sealq_worker.pipelines import Pipeline
from sealq_worker.runtime import STACK_ERRORS, Runtime
from sealq_worker.save import Read, store

log = logging.getLogger(__name__)


def read_pages(runtime: Runtime, page_ids: Sequence[int]) -> int:
    """Read those of these pages that are free; return how many were really read.

    Raises:
        StackUnreachableError: A part of the stack failed; the pages are due again.
    """
    with runtime.sessions.begin() as session:
        lease = runtime.settings.lease_seconds
        claimed = claim_pages(session, page_ids, runtime.owner, lease)
    try:
        groups = groupby(
            sorted(claimed, key=lambda page: page.pipeline_id), key=lambda page: page.pipeline_id
        )
        return sum(_read_with(runtime, spec_id, list(pages)) for spec_id, pages in groups)
    except BaseException:
        with runtime.sessions.begin() as session:
            give_back_pages(session, runtime.owner, [page.id for page in claimed])
        raise


def _read_with(runtime: Runtime, pipeline_id: str, pages: Sequence[ClaimedPage]) -> int:
    """Read pages of one pipeline, document by document."""
    pipeline = runtime.pipelines.get(pipeline_id)
    documents = [list(group) for _, group in groupby(pages, key=lambda page: page.document_id)]
    read = 0
    for position, document in enumerate(documents):
        try:
            read += _read_document(runtime, pipeline, document)
        except (ReaderError, ModelError) as exc:
            for page in chain.from_iterable(documents[position:]):
                _fail(runtime, page, "no_model", str(exc))
            break
    return read


def _link_known(
    runtime: Runtime, pipeline: Pipeline, pages: Sequence[ClaimedPage]
) -> list[ClaimedPage]:
    """End the pages whose reading exists; return the others."""
    keys = {page.id: _key(pipeline, page) for page in pages}
    with runtime.sessions.begin() as session:
        known = find_readings(session, set(keys.values()))
        for page in pages:
            if (reading_id := known.get(keys[page.id])) is not None:
                finish_page(session, page.id, runtime.owner, reading_id)
    return [page for page in pages if keys[page.id] not in known]


def _read_document(runtime: Runtime, pipeline: Pipeline, pages: Sequence[ClaimedPage]) -> int:
    """Read those pages of one document that nobody read before; it is fetched and opened once."""
    # Asked for each document anew: its twin may have been read a moment ago.
    unread = _link_known(runtime, pipeline, pages)
    if not unread:
        return 0
    _ = pipeline.reader  # loaded before any page's attempt counts
    first = unread[0]
    try:
        with (
            runtime.fetcher.fetch(first.location, first.sha256) as fetched,
            open_document(fetched.path, dpi=pipeline.spec.dpi, limits=runtime.limits) as document,
        ):
            return sum(_read_page(runtime, pipeline, document, page) for page in unread)
    except DocumentError as exc:
        for page in unread:
            _fail(runtime, page, exc.code, str(exc))
    except STACK_ERRORS:
        raise
    except Exception as exc:
        log.exception("%s could not be opened", first.source)
        for page in unread:
            if _begin(runtime, page):
                _fail_or_try_again(runtime, page, exc)
    return 0


def _read_page(
    runtime: Runtime, pipeline: Pipeline, document: OpenDocument, page: ClaimedPage
) -> bool:
    """Read one page and save it; say whether that was done."""
    with log_context(document=page.document_id, page=page.number):
        if not _begin(runtime, page):
            return False
        try:
            _save(runtime, page, _read(runtime, pipeline, document, page))
        except DocumentError as exc:
            _fail(runtime, page, exc.code, str(exc))
        except STACK_ERRORS:
            raise
        except Exception as exc:
            log.exception("%s page %d could not be read", page.source, page.number)
            _fail_or_try_again(runtime, page, exc)
        else:
            return True
    return False


def _begin(runtime: Runtime, page: ClaimedPage) -> bool:
    """Count the attempt; a page that ended the process each time is failed instead."""
    if page.attempts >= runtime.settings.max_attempts:
        reason = f"The reading process ended {page.attempts} times while it read this page."
        _fail(runtime, page, "crashed", f"{reason} `sealq retry` tries again.")
        return False
    with runtime.sessions.begin() as session:
        return begin_attempt(session, page.id, runtime.owner, runtime.settings.lease_seconds)


def _read(runtime: Runtime, pipeline: Pipeline, document: OpenDocument, page: ClaimedPage) -> Read:
    started = time.perf_counter()
    image = document.page(page.number)
    prepared = time.perf_counter()
    return Read(
        key=_key(pipeline, page),
        page=image,
        raw=pipeline.reader.read(image),
        pipeline=pipeline,
        device=runtime.device,
        prepare_seconds=prepared - started,
    )


def _save(runtime: Runtime, page: ClaimedPage, read: Read) -> None:
    reading = store(read, runtime.objects, runtime.settings.jpeg_quality)
    with runtime.sessions.begin() as session:
        finish_page(session, page.id, runtime.owner, save_reading(session, reading))


def _fail_or_try_again(runtime: Runtime, page: ClaimedPage, exc: Exception) -> None:
    """Publish a page again unless this was its last attempt."""
    if page.attempts + 1 >= runtime.settings.max_attempts:
        reason = f"The pipeline failed {page.attempts + 1} times: {exc!r}."
        _fail(runtime, page, "reading_failed", f"{reason} `sealq retry` tries again.")
        return
    with runtime.sessions.begin() as session:
        ids = give_back_pages(session, runtime.owner, [page.id])
    runtime.dispatcher.read(ids, Route(page.priority, page.device_kind))


def _fail(runtime: Runtime, page: ClaimedPage, code: str, error: str) -> None:
    log.warning("%s page %d: %s", page.source, page.number, error)
    with runtime.sessions.begin() as session:
        fail_page(session, page.id, runtime.owner, code, error)


def _key(pipeline: Pipeline, page: ClaimedPage) -> ReadingKey:
    return ReadingKey(page.sha256, page.number, pipeline.digest)
