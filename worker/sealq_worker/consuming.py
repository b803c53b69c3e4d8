"""What a worker does in the loop that takes messages: signs of life, lost work, its own silence."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from celery import bootsteps
from celery.worker import state as celery_state

from sealq_configs.errors import SealqError
from sealq_storage.documents import give_back_documents
from sealq_storage.pages import give_back_pages
from sealq_storage.sql.engine import reachable
from sealq_storage.sql.migrate import require_current
from sealq_storage.transport import queues_of
from sealq_worker.runtime import STACK_ERRORS, Runtime

log = logging.getLogger(__name__)

#: Seconds between two signs of life.
BEAT_SECONDS = 1.0
#: Exit code of a worker that messages do not reach any more; its supervisor starts another.
DEAF_CODE = 1


def take_up_work(runtime: Runtime) -> None:
    """Free what a process of this name held when it died, and publish what is due.

    Raises:
        SystemExit: The database can't be used; the log says why.
    """
    engine = runtime.sessions.kw["bind"]
    try:
        with reachable(engine):
            require_current(engine)
            _free(runtime)
    except SealqError as exc:
        log.error("%s", exc)  # noqa: TRY400 (the message says it all)
        raise SystemExit(exc.exit_code) from exc
    runtime.activity.beat()
    resume(runtime)


def _free(runtime: Runtime) -> None:
    if owner := os.environ.get("SEALQ_WORKER_NAME"):
        with runtime.sessions.begin() as session:
            give_back_pages(session, owner)
            give_back_documents(session, owner)


def resume(runtime: Runtime) -> None:
    """Publish what no message covers any more; a stack that is away is asked again next time."""
    try:
        again = runtime.dispatcher.resume()
    except STACK_ERRORS as exc:
        log.warning("%s", exc)
        return
    if again.documents or again.pages:
        log.info("published again: %d documents, %d pages", again.documents, again.pages)


class Lookout:
    """What is done now and then, between two messages, in the loop and thread that take them.

    So what it says is said of that loop, and not only of the process.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._timers: list[Any] = []
        #: Messages taken until messages were last seen waiting; None: none were.
        self._taken: int | None = None

    def begin(self, timer: Any) -> None:
        """Look by this timer of Celery's, in place of the one of an earlier connection."""
        for earlier in self._timers:
            earlier.cancel()
        self._timers = [
            timer.call_repeatedly(BEAT_SECONDS, self._runtime.activity.beat),
            timer.call_repeatedly(self._runtime.settings.resume_seconds, self._look),
        ]

    def _look(self) -> None:
        resume(self._runtime)
        if self._is_deaf():
            log.error("messages wait and none comes in: this process ends, another takes over")
            celery_state.should_stop = DEAF_CODE

    def _is_deaf(self) -> bool:
        """Whether messages waited from one look to the next, and none was taken.

        Known of Celery after Redis was restarted: the loop runs, its connection lives, and nothing
        is delivered.
        """
        taken, before = celery_state.all_total_count[0], self._taken
        try:
            waiting = self._runtime.dispatcher.waiting(queues_of(self._runtime.device.kind))
        except STACK_ERRORS:
            waiting = 0
        self._taken = taken if waiting else None
        return waiting > 0 and before == taken


def lookout_step(runtime: Callable[[], Runtime]) -> type:
    """Return the part of Celery's consumer that begins to look with each connection to Redis."""

    class Step(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
        """Timers of an earlier connection may have ended with it."""

        requires = ("celery.worker.consumer.tasks:Tasks",)
        lookout: Lookout | None = None

        def start(self, consumer: Any) -> None:
            self.lookout = self.lookout or Lookout(runtime())
            self.lookout.begin(consumer.timer)

    return Step
