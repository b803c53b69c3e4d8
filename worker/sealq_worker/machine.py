"""What this machine, or the container on it, lets reading processes use: cores and memory."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

#: Share of the machine's memory that all reading processes together may use by default.
MEMORY_SHARE = 0.8

#: Where Linux says how much memory a container may use (cgroup v2, v1).
_MEMORY_FILES = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
#: Where it says how much time on the cores, in microseconds of each period (v2: both in one file).
_QUOTA_FILES = (
    (Path("/sys/fs/cgroup/cpu.max"),),
    (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")),
)


def usable_cores() -> int:
    """Return how many cores this process may keep busy, at least 1."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([seen, *map(math.floor, _quotas())]))


def share_of_memory(processes: int) -> int:
    """Return the MiB that each of so many reading processes may use on this machine."""
    return int(_memory_bytes() * MEMORY_SHARE / processes) >> 20


def _quotas() -> Iterator[float]:
    """Yield the cores that a container's limits are worth."""
    for files in _QUOTA_FILES:
        words = [word for file in files if file.is_file() for word in file.read_text().split()]
        if len(words) == 2 and all(map(str.isdecimal, words)):  # noqa: PLR2004 (quota, period)
            quota, period = map(int, words)
            yield quota / period


def _memory_bytes() -> int:
    known = [psutil.virtual_memory().total]
    for file in _MEMORY_FILES:
        text = file.read_text().strip() if file.is_file() else "max"
        known += [int(text)] if text.isdecimal() else []
    return min(known)
