"""The flow of `sealq.count`: open documents, count their pages, publish them to be read."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sealq_configs.logs import log_context
from sealq_configs.page_selection import parse_page_selection
from sealq_storage.dispatch import Route
from sealq_storage.documents import (
    ClaimedDocument,
    Counted,
    begin_documents,
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

#: Documents are committed together that were opened within so many seconds: long enough that a
#: transaction costs little beside what it holds, too short to keep other workers waiting.
SECONDS_TOGETHER = 0.25
#: Or earlier, with more pages than this.
PAGES_TOGETHER = 2000

#: Small messages that make a whole one, and whole ones whose pages go out in small ones first.
PARTS = 4


def count_documents(runtime: Runtime, document_ids: Sequence[int]) -> None:
    """Count the pages of those of these documents that are free, and publish the pages.

    A document that can't be opened ends failed with its reason; the others go on.
    """
    claimed = _claim(runtime, document_ids)
    outlet = _Outlet(runtime, len(document_ids))
    try:
        for together in _rounds(claimed):
            for committed in _count_together(runtime, together):
                outlet.publish(committed)
    except BaseException:
        _give_back(runtime, claimed)
        raise
    outlet.publish_rest()


def _claim(runtime: Runtime, ids: Sequence[int]) -> list[ClaimedDocument]:
    with runtime.sessions.begin() as session:
        return claim_documents(session, ids, runtime.owner, runtime.settings.lease_seconds)


def _rounds(documents: Sequence[ClaimedDocument]) -> Iterator[list[ClaimedDocument]]:
    """Yield the documents whose attempts may be counted together.

    What ended an attempt before comes last and alone: should it end this process and its host, no
    other document is suspected.
    """
    yield [document for document in documents if not document.attempts]
    for document in documents:
        if document.attempts:
            yield [document]


class _Outlet:
    """Publishes the pages of one message's documents, in messages from as few of them as it can.

    Fewer documents than a message may hold are a small job, or the end of a large one. Their first
    pages go out in small messages: of large ones, the first worker would get all that there is.
    """

    def __init__(self, runtime: Runtime, documents: int) -> None:
        self._dispatcher = runtime.dispatcher
        self._whole = runtime.settings.chunk_pages
        self._part = max(1, self._whole // PARTS)
        few = documents < runtime.settings.chunk_documents
        #: Pages that still go out in small messages.
        self._first = PARTS * PARTS * self._part if few else 0
        self._due: defaultdict[Route, list[int]] = defaultdict(list)

    def publish(self, counted: Mapping[ClaimedDocument, Sequence[int]]) -> None:
        """Publish what fills messages, and keep the rest for the next documents' pages."""
        for document, page_ids in counted.items():
            self._due[Route(document.priority, document.device_kind)].extend(page_ids)
        for route, pages in self._due.items():
            sent = self._send(pages[: self._first], route, self._part)
            del pages[:sent]
            self._first -= sent
            if not self._first:
                del pages[: self._send(pages, route, self._whole)]

    def publish_rest(self) -> None:
        """Publish what fills no message."""
        for route, pages in self._due.items():
            self._dispatcher.read(pages, route, self._part if self._first else self._whole)

    def _send(self, pages: Sequence[int], route: Route, size: int) -> int:
        """Publish as many pages as fill messages; return how many."""
        filling = len(pages) // size * size
        self._dispatcher.read(pages[:filling], route, size)
        return filling


def _count_together(
    runtime: Runtime, documents: Sequence[ClaimedDocument]
) -> Iterator[dict[ClaimedDocument, list[int]]]:
    """Open documents one by one; yield the pages' ids of those that were committed together."""
    with runtime.activity.holding(documents=[document.id for document in documents]):
        begun, opened = _begin(runtime, documents), _Opened(runtime)
        try:
            for document in begun:
                with log_context(job=document.job_id, document=document.id):
                    opened.add(document, _count(runtime, document))
                if opened.is_due():
                    yield opened.commit()
            yield opened.commit()
        except BaseException:
            # Not the documents' fault: they will be opened again, as if for the first time.
            with runtime.sessions.begin() as session:
                spare_openings(session, [document.id for document in begun], runtime.owner)
            raise


class _Opened:
    """Documents that were opened and are not committed yet."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._counted: dict[ClaimedDocument, Counted] = {}
        self._since = time.monotonic()

    def add(self, document: ClaimedDocument, counted: Counted | None) -> None:
        """Take what a document told; None: it could not be opened."""
        if counted:
            self._counted[document] = counted

    def is_due(self) -> bool:
        """Whether these have waited long enough, or are many."""
        pages = sum(len(counted.numbers) for counted in self._counted.values())
        return pages > PAGES_TOGETHER or time.monotonic() - self._since > SECONDS_TOGETHER

    def commit(self) -> dict[ClaimedDocument, list[int]]:
        """Commit them in one transaction; return the ids of each document's pages."""
        counted, self._counted = self._counted, {}
        self._since = time.monotonic()
        if not counted:
            return {}
        owner = self._runtime.owner
        made = transact(self._runtime, lambda session: finish_counting(session, owner, counted))
        return {document: made[document.id] for document in counted if document.id in made}


def _begin(runtime: Runtime, documents: Sequence[ClaimedDocument]) -> list[ClaimedDocument]:
    """Count the attempts; a document that ended the process each time is failed instead."""
    begun = [document for document in documents if _may_be_tried(runtime, document)]
    if not begun:
        return []
    ids, lease = [document.id for document in begun], runtime.settings.lease_seconds
    with runtime.sessions.begin() as session:
        held = begin_documents(session, ids, runtime.owner, lease)
    return [document for document in begun if document.id in held]


def _may_be_tried(runtime: Runtime, document: ClaimedDocument) -> bool:
    if document.attempts < runtime.settings.max_attempts:
        return True
    reason = f"The worker process ended {document.attempts} times while it opened this file."
    _fail(runtime, document, "crashed", f"{reason} Mend or remove the file, then retry.")
    return False


def _count(runtime: Runtime, document: ClaimedDocument) -> Counted | None:
    """Open a document; None: it could not be, and its attempt is ended."""
    try:
        return _open(runtime, document)
    except DocumentError as exc:
        log.warning("%s: %s", document.source, exc)
        _fail(runtime, document, exc.code, str(exc))
    except STACK_ERRORS:
        raise
    except Exception as exc:
        log.exception("%s could not be opened", document.source)
        _fail_or_try_again(runtime, document, exc)
    return None


def _open(runtime: Runtime, document: ClaimedDocument) -> Counted:
    with (
        runtime.activity.doing(Stage.COUNT, documents=[document.id]),
        runtime.fetcher.fetch(document.location, document.sha256) as fetched,
        open_document(
            fetched.path, dpi=ANY_DPI, limits=runtime.limits, name=name_of(document.source)
        ) as opened,
    ):
        pages = opened.page_count
        numbers = _selected(document, pages)
        return Counted(fetched.sha256, fetched.size, opened.media_type, pages, numbers)


def _selected(document: ClaimedDocument, page_count: int) -> Sequence[int]:
    if document.pages is None:
        return range(1, page_count + 1)
    numbers = list(parse_page_selection(document.pages).pick(page_count))
    if not numbers:
        raise NoSuchPageError(
            f"It has {page_count} page(s), none of them among --pages {document.pages}."
        )
    return numbers


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
