"""The pages of one message while a worker holds them: their claims, attempts and ends in SQL."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sealq_storage.causes import Cause, FailedAttempt
from sealq_storage.dispatch import Route
from sealq_storage.pages import (
    ClaimedPage,
    begin_attempts,
    claim_pages,
    end_attempts,
    fail_page,
    finish_pages,
    give_back_pages,
    renew_leases,
    spare_attempts,
)
from sealq_storage.readings import NewReading, ReadingKey, find_readings, save_readings
from sealq_worker.patience import transact
from sealq_worker.runtime import Runtime

log = logging.getLogger(__name__)

#: Share of a lease after which it is renewed.
RENEWED_SHARE = 0.25


class Chunk:
    """Pages that this worker holds, each until it is ended.

    Threads share it: each page is in the hands of one of them at a time.
    """

    def __init__(self, runtime: Runtime, pages: Sequence[ClaimedPage]) -> None:
        self.pages = pages
        self._runtime = runtime
        #: Not ended.
        self._held = {page.id: page for page in pages}
        #: Among them those whose attempt is counted.
        self._begun: set[int] = set()
        self._renew_after = self._next_renewal()

    def link_known(self, keys: Mapping[int, ReadingKey]) -> None:
        """End those of these pages whose reading exists.

        That of a damaged page counts only where damaged pages are read: elsewhere the page is
        opened, and fails for what is missing.
        """
        owner, damaged = self._runtime.owner, self._runtime.limits.read_damaged
        with self._runtime.sessions.begin() as session:
            known = find_readings(session, set(keys.values()), damaged=damaged)
            linked = [page_id for page_id, key in keys.items() if key in known]
            if linked:
                finish_pages(session, owner, {page_id: known[keys[page_id]] for page_id in linked})
        self._close(linked)

    def open_among(self, pages: Iterable[ClaimedPage]) -> list[ClaimedPage]:
        """Return those of these pages that are not ended."""
        return [page for page in pages if page.id in self._held]

    def begin(self, pages: Sequence[ClaimedPage]) -> list[ClaimedPage]:
        """Count an attempt of each of these pages; return those that may be tried.

        A page whose attempts are used up without a word is failed: each time the process, or the
        whole host, ended with it.
        """
        for page in pages:
            if page.attempts >= self._runtime.settings.max_attempts:
                reason = f"The reading process ended {page.attempts} times with this page."
                self.fail(page, Cause.CRASHED, f"{reason} `sealq dead requeue` tries it again.")
        if ids := [page.id for page in self.open_among(pages) if page.id not in self._begun]:
            self._count(ids)
        return self.open_among(pages)

    def renew(self) -> None:
        """Renew the leases of what is held, where a good part of them has passed.

        A page waits while those before it are read: it may take as long as it takes.
        """
        if time.monotonic() < self._renew_after:
            return
        ids, lease = list(self._held), self._runtime.settings.lease_seconds
        owner = self._runtime.owner
        held = transact(self._runtime, lambda session: renew_leases(session, ids, owner, lease))
        self._close(set(ids) - held)  # another worker's by now
        self._renew_after = self._next_renewal()

    def _next_renewal(self) -> float:
        return time.monotonic() + self._runtime.settings.lease_seconds * RENEWED_SHARE

    def _count(self, ids: Sequence[int]) -> None:
        owner, lease = self._runtime.owner, self._runtime.settings.lease_seconds
        begun = transact(self._runtime, lambda session: begin_attempts(session, ids, owner, lease))
        self._begun |= begun
        self._close(set(ids) - begun)  # another worker's by now

    def finish(self, readings: Mapping[ClaimedPage, NewReading]) -> None:
        """End pages with their readings, all in one transaction."""
        if readings:
            transact(self._runtime, partial(self._save, readings))
            self._close(page.id for page in readings)

    def _save(self, readings: Mapping[ClaimedPage, NewReading], session: Session) -> None:
        saved = save_readings(session, list(readings.values()))
        ids = {page.id: saved[reading.key] for page, reading in readings.items()}
        finish_pages(session, self._runtime.owner, ids)

    def fail(self, page: ClaimedPage, code: str, error: str) -> None:
        """End a page with its reason."""
        log.warning("%s page %d: %s", page.source, page.number, error)
        owner = self._runtime.owner
        transact(self._runtime, lambda session: fail_page(session, page.id, owner, code, error))
        self._close([page.id])

    def end_attempts(self, pages: Sequence[ClaimedPage], cause: Cause, error: str) -> None:
        """End an attempt of pages that gave no reading; all but the last are tried again."""
        ids, owner = [page.id for page in pages], self._runtime.owner
        failed = FailedAttempt(cause, error, self._runtime.settings.max_attempts)
        again = transact(self._runtime, lambda session: end_attempts(session, ids, owner, failed))
        self._close(ids)
        _offer(self._runtime, [page for page in pages if page.id in again])

    def give_back(self) -> list[ClaimedPage]:
        """Make what is not ended due again, as if it had not been begun; return it."""
        pages = list(self._held.values())
        if pages:
            with self._runtime.sessions.begin() as session:
                spare_attempts(session, list(self._begun), self._runtime.owner)
                give_back_pages(session, self._runtime.owner, list(self._held))
            self._close(list(self._held))
        return pages

    def _close(self, ids: Iterable[int]) -> None:
        for page_id in ids:
            self._held.pop(page_id, None)
            self._begun.discard(page_id)


@contextmanager
def claimed(runtime: Runtime, page_ids: Sequence[int]) -> Iterator[Chunk]:
    """Claim those of these pages that are free, and give back what is not ended afterwards."""
    with runtime.sessions.begin() as session:
        lease = runtime.settings.lease_seconds
        pages = claim_pages(session, page_ids, runtime.owner, lease)
    chunk = Chunk(runtime, pages)
    try:
        yield chunk
    except BaseException:
        try:
            chunk.give_back()
        except OperationalError:
            # The claim of the next try, or the end of the lease, takes them up.
            log.warning("%d pages can't be given back now", len(chunk.open_among(pages)))
        raise
    _offer(runtime, chunk.give_back())


def _offer(runtime: Runtime, pages: Iterable[ClaimedPage]) -> None:
    routes: defaultdict[Route, list[int]] = defaultdict(list)
    for page in pages:
        routes[Route(page.priority, page.device_kind)].append(page.id)
    for route, ids in routes.items():
        runtime.dispatcher.offer(ids, route)
