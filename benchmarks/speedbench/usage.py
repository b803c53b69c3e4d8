"""What a contestant's processes use, sampled while it reads."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil

from speedbench.values import Sample

#: Seconds between two samples.
INTERVAL = 0.2


class Watch:
    """Samples all children of this process, and theirs, for the time of a `with` block."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._samples.append(_sample())
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._samples.append(_sample())

    @property
    def samples(self) -> tuple[Sample, ...]:
        """What was seen so far, the oldest first."""
        return tuple(self._samples)

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._samples.append(_sample())


def _sample() -> Sample:
    own = psutil.Process()
    # Children that have ended and were waited for count on with their parent.
    cpu = own.cpu_times().children_user + own.cpu_times().children_system
    rss = 0
    for child in own.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times, memory = child.cpu_times(), child.memory_info()
            cpu += times.user + times.system + times.children_user + times.children_system
            rss += memory.rss
    return Sample(time.time(), cpu, _machine_cpu(), rss)


def _machine_cpu() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)
