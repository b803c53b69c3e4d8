"""Waiting until a part of the stack answers again, in ever longer steps and never in step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeVar

from celery.utils.time import get_exponential_backoff_interval
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sealq_worker.activity import Stage
from sealq_worker.runtime import STACK_ERRORS, Runtime

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Milliseconds before a try is repeated: doubled each time up to the last, less a random part.
FIRST_WAIT_MS = 200
LAST_WAIT_MS = 30_000
#: Seconds between two looks whether the process is told to stop.
POLL_SECONDS = 0.2


def transact(runtime: Runtime, work: Callable[[Session], T]) -> T:
    """Do work in a transaction; repeat it while the database is away, busy or full.

    What was read meanwhile is not lost to an outage. It waits for half of a lease: after that, the
    page may soon be another worker's.

    Raises:
        OperationalError: It took too long, or the process is told to stop.
    """
    patience_ends = time.monotonic() + runtime.settings.lease_seconds / 2
    for wait in _waits():
        try:
            with runtime.sessions.begin() as session:
                return work(session)
        except OperationalError as exc:
            if runtime.stopping() or time.monotonic() + wait > patience_ends:
                raise
            log.warning("the database: %s; again in %.1f s", str(exc.orig).strip(), wait)
            pause(runtime, wait)
    raise AssertionError("the waits have no end")


def until_the_stack_answers(runtime: Runtime, work: Callable[[], T]) -> T | None:
    """Do a message's work; repeat it, here, until the stack lets it through.

    Sent back to Redis instead, the message would be exchanged for the next, which fares no better:
    the worker would go through all there are. Returns None when the process is told to stop.
    """
    for wait in _waits():
        try:
            return work()
        except STACK_ERRORS as exc:
            log.warning("%s; again in %.1f s", exc, wait)
        pause(runtime, wait)
        if runtime.stopping():
            break
    return None


def pause(runtime: Runtime, seconds: float) -> None:
    """Wait, alive, until the time is over or the process is told to stop."""
    ends = time.monotonic() + seconds
    with runtime.activity.doing(Stage.WAIT):
        while time.monotonic() < ends and not runtime.stopping():
            time.sleep(POLL_SECONDS)
            runtime.activity.beat()


def _waits() -> Iterator[float]:
    for tries in count():
        wait = get_exponential_backoff_interval(
            FIRST_WAIT_MS, min(tries, 16), LAST_WAIT_MS, full_jitter=True
        )
        yield max(wait, FIRST_WAIT_MS) / 1000
