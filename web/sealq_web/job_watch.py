"""Waiting for jobs without a thread for each: one query every now and then asks about all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool

from sealq_storage.sql.engine import Sessions
from sealq_storage.waiting import Progress, progress_of

log = logging.getLogger(__name__)

#: Seconds between two looks: at first, and at most.
_SOON, _LATER = 0.05, 1.0
#: Seconds between two looks while the database does not answer.
_AFTER_FAILURE = 5.0
#: Each look comes so much later than the one before.
_SLOWER = 1.3


@dataclass
class _Waiting:
    job_id: str
    enough: Callable[[Progress], bool]
    reached: asyncio.Event = field(default_factory=asyncio.Event)


class JobWatch:
    """Tells those who wait how far their jobs are. Belongs to one event loop."""

    def __init__(self, queries: Sessions) -> None:
        self._queries = queries
        self._waiting: list[_Waiting] = []
        self._somebody = asyncio.Event()
        self._pause = _SOON

    async def until(
        self,
        job_id: str,
        enough: Callable[[Progress], bool],
        gone: Callable[[], Awaitable[bool]],
        seconds: float,
    ) -> bool:
        """Wait until a job is far enough.

        Args:
            job_id: A job of one document.
            enough: Says whether it is.
            gone: Says whether nobody wants to know any more.
            seconds: How long to wait at most.

        Returns:
            False where it was not within the time, or whoever asked has left.
        """
        mine = _Waiting(job_id, enough)
        self._waiting.append(mine)
        # Who comes anew is looked for soon: a page is read within a fraction of a second.
        self._pause = _SOON
        self._somebody.set()
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            while not mine.reached.is_set():
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0 or await gone():
                    return False
                await _wait(mine.reached, min(left, _LATER))
            return True
        finally:
            self._waiting.remove(mine)

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            if not self._waiting:
                self._somebody.clear()
                await self._somebody.wait()
            try:
                await self._look()
            except Exception:
                log.exception("looking how far jobs are failed; tried again")
                self._pause = _AFTER_FAILURE
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * _SLOWER, _LATER)

    async def _look(self) -> None:
        found = await run_in_threadpool(self._ask, {each.job_id for each in self._waiting})
        for each in self._waiting:
            if each.job_id in found and each.enough(found[each.job_id]):
                each.reached.set()

    def _ask(self, job_ids: set[str]) -> dict[str, Progress]:
        with self._queries.begin() as session:
            return progress_of(session, job_ids)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
