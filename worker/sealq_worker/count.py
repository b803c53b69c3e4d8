"""The flow of `sealq.count`: open documents, count their pages, publish them to be read."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from sealq_configs.logs import log_context
from sealq_configs.page_selection import parse_page_selection
from sealq_storage.dispatch import Route
from sealq_storage.documents import (
    ClaimedDocument,
    Counted,
    begin_document,
    claim_documents,
    fail_document,
    finish_counting,
    give_back_documents,
    spare_openings,
)
from sealq_worker.activity import Stage
from sealq_worker.documents import name_of, open_document
from sealq_worker.errors import DocumentError, NoSuchPageError
from sealq_worker.patience import transact
from sealq_worker.runtime import STACK_ERRORS, Runtime

log = logging.getLogger(__name__)

#: Resolution at which a document is opened to be counted; nothing is rendered.
ANY_DPI = 72


def count_documents(runtime: Runtime, document_ids: Sequence[int]) -> None:
    """Count the pages of those of these documents that are free, and publish the pages.

    A document that can't be opened ends failed with its reason; the others go on.
    """
    claimed = _claim(runtime, document_ids)
    due: dict[Route, list[int]] = {}
    try:
        for document in claimed:
            with log_context(job=document.job_id, document=document.id):
                route = Route(document.priority, document.device_kind)
                pages = due.setdefault(route, [])
                pages.extend(_count(runtime, document))
                _publish_whole_chunks(runtime, route, pages)
    except BaseException:
        _give_back(runtime, claimed)
        raise
    for route, pages in due.items():
        runtime.dispatcher.read(pages, route)


def _claim(runtime: Runtime, ids: Sequence[int]) -> list[ClaimedDocument]:
    with runtime.sessions.begin() as session:
        return claim_documents(session, ids, runtime.owner, runtime.settings.lease_seconds)


def _publish_whole_chunks(runtime: Runtime, route: Route, pages: list[int]) -> None:
    """Publish what fills whole messages and keep the rest for the next document's pages."""
    size = runtime.settings.chunk_pages
    whole = len(pages) // size * size
    runtime.dispatcher.read(pages[:whole], route)
    del pages[:whole]


def _count(runtime: Runtime, document: ClaimedDocument) -> list[int]:
    if not _begin(runtime, document):
        return []
    try:
        counted = _open(runtime, document)
        numbers = list(_selected(document, counted.page_count))
    except DocumentError as exc:
        log.warning("%s: %s", document.source, exc)
        _fail(runtime, document, exc.code, str(exc))
        return []
    except STACK_ERRORS:
        # Not the document's fault: it will be opened again, as if for the first time.
        with runtime.sessions.begin() as session:
            spare_openings(session, [document.id], runtime.owner)
        raise
    except Exception as exc:
        log.exception("%s could not be opened", document.source)
        _fail_or_try_again(runtime, document, exc)
        return []
    owner = runtime.owner
    return transact(
        runtime, lambda session: finish_counting(session, document, owner, counted, numbers)
    )


def _begin(runtime: Runtime, document: ClaimedDocument) -> bool:
    """Count the attempt; a document that ended the process each time is failed instead."""
    if document.attempts >= runtime.settings.max_attempts:
        reason = f"The worker process ended {document.attempts} times while it opened this file."
        _fail(runtime, document, "crashed", f"{reason} Mend or remove the file, then retry.")
        return False
    with runtime.sessions.begin() as session:
        lease = runtime.settings.lease_seconds
        return begin_document(session, document.id, runtime.owner, lease)


def _open(runtime: Runtime, document: ClaimedDocument) -> Counted:
    with (
        runtime.activity.doing(Stage.COUNT, documents=[document.id]),
        runtime.fetcher.fetch(document.location, document.sha256) as fetched,
        open_document(
            fetched.path, dpi=ANY_DPI, limits=runtime.limits, name=name_of(document.source)
        ) as opened,
    ):
        return Counted(fetched.sha256, fetched.size, opened.media_type, opened.page_count)


def _selected(document: ClaimedDocument, page_count: int) -> Iterator[int]:
    if document.pages is None:
        yield from range(1, page_count + 1)
        return
    numbers = list(parse_page_selection(document.pages).pick(page_count))
    if not numbers:
        raise NoSuchPageError(
            f"It has {page_count} page(s), none of them among --pages {document.pages}."
        )
    yield from numbers


def _fail_or_try_again(runtime: Runtime, document: ClaimedDocument, exc: Exception) -> None:
    """Publish a document again unless this was its last attempt."""
    if document.attempts + 1 >= runtime.settings.max_attempts:
        reason = f"Opening this file failed {document.attempts + 1} times: {exc!r}."
        _fail(runtime, document, "opening_failed", f"{reason} Mend or remove it, then retry.")
        return
    _give_back(runtime, [document])
    route = Route(document.priority, document.device_kind)
    runtime.dispatcher.count([document.id], route)


def _fail(runtime: Runtime, document: ClaimedDocument, code: str, error: str) -> None:
    owner = runtime.owner
    transact(runtime, lambda session: fail_document(session, document.id, owner, code, error))


def _give_back(runtime: Runtime, claimed: Sequence[ClaimedDocument]) -> None:
    with runtime.sessions.begin() as session:
        give_back_documents(session, runtime.owner, [document.id for document in claimed])
