"""Three stages at work at once: pages are prepared ahead of the reader, and saved behind it.

The thread that called loaded the models and owns them: it reads, or computes for several readers
beside it (`lanes.py`). One other thread fetches, opens and renders (pdfium bears one). Another has
what is read drawn, encoded and stored, by helpers where several pages wait for it, and commits.
What lies between them is bounded by bytes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby

from sealq_configs.logs import log_context
from sealq_storage.causes import Cause
from sealq_storage.pages import ClaimedPage
from sealq_storage.readings import NewReading, ReadingKey
from sealq_worker.activity import Stage
from sealq_worker.belt import Belt
from sealq_worker.chunk import Chunk
from sealq_worker.documents import OpenDocument, PageImage, name_of, open_document
from sealq_worker.errors import DocumentError
from sealq_worker.pipelines import Pipeline
from sealq_worker.reader import Reader
from sealq_worker.runtime import STACK_ERRORS, STORES, Runtime
from sealq_worker.save import Read, store

log = logging.getLogger(__name__)

#: Pages whose rows are committed in one transaction, where so many come in time.
SAVED_TOGETHER = STORES
#: Seconds that the first of them waits for the others: a transaction costs as much for one.
SAVED_WITHIN = 0.1


@dataclass(frozen=True)
class _Prepared:
    """A page ready to be read."""

    page: ClaimedPage
    image: PageImage
    #: That it took to be prepared.
    seconds: float


@dataclass(frozen=True)
class _Done:
    """A page that was read."""

    page: ClaimedPage
    read: Read


class Relay:
    """Takes pages of one pipeline through the three stages."""

    def __init__(self, runtime: Runtime, chunk: Chunk, pipeline: Pipeline) -> None:
        """Prepare.

        Args:
            runtime: What to work with.
            chunk: Holds the pages, and ends them.
            pipeline: Its reader is loaded.
        """
        self._runtime = runtime
        self._chunk = chunk
        self._pipeline = pipeline
        belt_bytes = runtime.settings.belt_mb << 20
        self._ahead: Belt[_Prepared] = Belt(belt_bytes)
        self._behind: Belt[_Done] = Belt(belt_bytes)

    def run(self, pages: Sequence[ClaimedPage]) -> int:
        """Read and save pages whose attempts are counted; return how many were.

        Told to stop, it saves what is read and leaves the others.

        Raises:
            StackUnreachableError: A part of the stack failed.
            OperationalError: Likewise, the database.
        """
        prepared = self._runtime.threads.stages.submit(self._prepare_all, pages)
        saved = self._runtime.threads.stages.submit(self._save_all)
        try:
            self._pipeline.reader.side_by_side(self._read_all)
        finally:
            self._ahead.drop()
            self._behind.end()
            wait([prepared])
            wait([saved])
        prepared.result()
        return saved.result()

    # Prepare ------------------------------------------------------------------------------------

    def _prepare_all(self, pages: Sequence[ClaimedPage]) -> None:
        try:
            for _, document in groupby(pages, key=lambda page: page.document_id):
                self._prepare_document(list(document))
        finally:
            self._ahead.end()

    def _prepare_document(self, pages: Sequence[ClaimedPage]) -> None:
        """Prepare the pages of one document; it is fetched and opened once."""
        if self._runtime.stopping():
            return
        with ExitStack() as stack:
            document = self._open(pages, stack)
            for page in pages:
                if document is None or self._runtime.stopping():
                    return
                self._prepare(document, page)

    def _open(self, pages: Sequence[ClaimedPage], stack: ExitStack) -> OpenDocument | None:
        """Open a document until the stack is left; None: it could not be, its pages are ended."""
        first = pages[0]
        dpi, limits = self._pipeline.spec.dpi, self._runtime.limits
        with self._ending(pages), self._doing(Stage.OPEN, pages):
            fetch = self._runtime.fetcher.fetch(first.location, first.sha256)
            path = stack.enter_context(fetch).path
            opened = open_document(path, dpi=dpi, limits=limits, name=name_of(first.source))
            return stack.enter_context(opened)
        return None

    def _prepare(self, document: OpenDocument, page: ClaimedPage) -> None:
        started = time.perf_counter()
        with _about(page), self._ending([page]):
            with self._doing(Stage.PREPARE, [page]):
                image = document.page(page.number)
            prepared = _Prepared(page, image, time.perf_counter() - started)
            self._ahead.put(prepared, image.image.nbytes)

    # Read ---------------------------------------------------------------------------------------

    def _read_all(self, reader: Reader) -> None:
        """Read pages until none is left; where there are several readers, each in its thread."""
        while not self._runtime.stopping() and self._read_next(reader):
            pass

    def _read_next(self, reader: Reader) -> bool:
        """Read the next page; return whether there was one."""
        with self._ahead.lend() as prepared:
            if prepared is None:
                return False
            self._chunk.renew()
            if self._chunk.open_among([prepared.page]):
                self._read(reader, prepared)
        return True

    def _read(self, reader: Reader, prepared: _Prepared) -> None:
        page, image = prepared.page, prepared.image
        with _about(page), self._ending([page]):
            with self._doing(Stage.READ, [page]):
                raw = reader.read(image)
            read = Read(
                key=ReadingKey(page.sha256, page.number, self._pipeline.digest),
                page=image,
                raw=raw,
                pipeline=self._pipeline,
                device=self._runtime.device,
                prepare_seconds=prepared.seconds,
            )
            self._behind.put(_Done(page, read), image.image.nbytes)

    # Save ---------------------------------------------------------------------------------------

    def _save_all(self) -> int:
        saved = 0
        try:
            while done := self._behind.take(SAVED_TOGETHER, within=SAVED_WITHIN):
                saved += self._save(done)
        except BaseException:
            # Nobody would save what is read from now on.
            self._ahead.drop()
            self._behind.drop()
            raise
        return saved

    def _save(self, done: Sequence[_Done]) -> int:
        """Store pages that were read and commit them; return how many were."""
        with self._doing(Stage.SAVE, [each.page for each in done]):
            stores = [self._runtime.threads.stores.submit(self._store, each) for each in done]
            wait(stores)  # all of them, for when one fails its pages are given back
            stored = dict(filter(None, (each.result() for each in stores)))
            saved = self._finish(stored)
        self._runtime.activity.pages_saved(saved)
        return saved

    def _store(self, done: _Done) -> tuple[ClaimedPage, NewReading] | None:
        settings, objects = self._runtime.settings, self._runtime.objects
        with _about(done.page), self._ending([done.page]):
            return done.page, store(done.read, objects, settings.jpeg_quality)
        return None

    def _finish(self, stored: Mapping[ClaimedPage, NewReading]) -> int:
        """Commit readings together, or one by one where one of them can't be."""
        try:
            self._chunk.finish(stored)
        except STACK_ERRORS:
            raise
        except Exception as exc:  # noqa: BLE001 (it says of the page what it says)
            if len(stored) > 1:
                return sum(self._finish({page: reading}) for page, reading in stored.items())
            self._end(list(stored), exc)
            return 0
        return len(stored)

    # All ----------------------------------------------------------------------------------------

    def _doing(self, stage: Stage, pages: Sequence[ClaimedPage]) -> AbstractContextManager[None]:
        return self._runtime.activity.doing(stage, pages=[page.id for page in pages])

    @contextmanager
    def _ending(self, pages: Sequence[ClaimedPage]) -> Iterator[None]:
        """End the attempts of pages when the `with` block fails on them."""
        try:
            yield
        except Exception as exc:  # noqa: BLE001 (it says of the page what it says)
            self._end(pages, exc)

    def _end(self, pages: Sequence[ClaimedPage], exc: Exception) -> None:
        """End an attempt as its error says: for good, for now, or not at all."""
        if isinstance(exc, STACK_ERRORS):
            raise exc
        if isinstance(exc, DocumentError):
            for page in pages:
                self._chunk.fail(page, exc.code, str(exc))
            return
        log.error("%s could not be read", pages[0].source, exc_info=exc)
        cause = Cause.OUT_OF_MEMORY if isinstance(exc, MemoryError) else Cause.READING_FAILED
        self._chunk.end_attempts(pages, cause, f"Reading it failed: {exc!r}.")


@contextmanager
def _about(page: ClaimedPage) -> Iterator[None]:
    with log_context(document=page.document_id, page=page.number):
        yield
