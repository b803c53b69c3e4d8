"""Requests a minute by key. Each process counts by itself: with two, a key has twice its rate.

In SQL each request would write a row; a limit that guards against a runaway program need not be
that exact.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

#: Seconds over which a rate is counted: who was silent so long may send a whole minute's at once.
WINDOW_SECONDS = 60.0


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """A bucket of requests for each key, which fills with time. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[int, _Bucket] = {}
        self._lock = Lock()

    def take(self, key_id: int, rate: int) -> int:
        """Take a request out of a key's bucket.

        Args:
            key_id: Whose.
            rate: Its requests a minute.

        Returns:
            0 where there was one, else the seconds until there will be.
        """
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(key_id, _Bucket(rate, now))
            gained = (now - bucket.filled_at) * rate / WINDOW_SECONDS
            bucket.tokens = min(rate, bucket.tokens + gained)
            bucket.filled_at = now
            if bucket.tokens < 1:
                return math.ceil((1 - bucket.tokens) * WINDOW_SECONDS / rate)
            bucket.tokens -= 1
            return 0
