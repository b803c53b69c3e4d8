"""Waiting for what other threads and processes do, by looking again and again."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

#: Seconds that something may take which happens at once on an idle machine.
PATIENCE = 60.0
#: Seconds between two looks at what is waited for.
POLL = 0.01


def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(POLL)


def gone(pid: int) -> bool:
    """Whether a process has ended; who adopted it may not have asked for its code yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
