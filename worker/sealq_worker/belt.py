"""What lies between two stages: pages on their way from one thread to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Belt(Generic[T]):
    """A queue bounded by the bytes of what lies on it: pages differ in size by a thousand times."""

    def __init__(self, max_bytes: int) -> None:
        """Begin empty.

        Args:
            max_bytes: Most that may lie on it; a larger thing lies there alone.
        """
        self._max_bytes = max_bytes
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._ended = False
        #: Whether somebody waits for room.
        self._crowded = False
        self._changed = Condition()

    def put(self, item: T, size: int) -> None:
        """Add a thing of so many bytes, when there is room; what comes after the end is dropped."""
        with self._changed:
            if not self._has_room(size):
                self._crowded = True
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended or self._has_room(size))
            if not self._ended:
                self._items.append((item, size))
                self._bytes += size
                self._changed.notify_all()

    def take(self, at_most: int = 1, *, within: float = 0.0) -> list[T]:
        """Return the oldest things, at least one; none: it has ended, and nothing is left.

        Args:
            at_most: So many.
            within: Seconds that the first waits for the others, as long as there is room.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._items)
            if within:
                self._changed.wait_for(lambda: self._ended or self._is_enough(at_most), within)
            taken = [self._items.popleft() for _ in range(min(at_most, len(self._items)))]
            self._free(sum(size for _, size in taken))
        return [item for item, _ in taken]

    @contextmanager
    def lend(self) -> Iterator[T | None]:
        """Give the oldest thing for a `with` block, until whose end its bytes count.

        None: it has ended, and nothing is left.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._items)
            item, size = self._items.popleft() if self._items else (None, 0)
        try:
            yield item
        finally:
            with self._changed:
                self._free(size)

    def end(self) -> None:
        """Say that nothing more comes; what lies there is still taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def drop(self) -> None:
        """Say that nothing more is taken."""
        with self._changed:
            self._free(sum(size for _, size in self._items))
            self._items.clear()
        self.end()

    def _free(self, size: int) -> None:
        self._bytes -= size
        self._crowded = False
        self._changed.notify_all()

    def _is_enough(self, wanted: int) -> bool:
        return self._crowded or len(self._items) >= wanted

    def _has_room(self, size: int) -> bool:
        return not self._bytes or self._bytes + size <= self._max_bytes
