"""What a reading process says it is doing, for the supervisor that watches it from outside.

One short text in a file, overwritten in place: the block is there from the start, so that a full
disk stops nobody. Times are those of the host's monotonic clock, which its processes share.
"""

from __future__ import annotations

import json
import os
import threading
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

#: Variable that names the file to a reading process; without it nobody watches.
ACTIVITY_VARIABLE = "SEALQ_ACTIVITY_FILE"
#: Bytes of the file: a thousand page ids of twenty digits, six times over.
FILE_BYTES = 128 * 1024


class Stage(StrEnum):
    """What can take its time."""

    LOAD = "load"  # a pipeline and its models
    COUNT = "count"  # fetch and open a document for its pages
    OPEN = "open"  # fetch and open a document to read pages of it
    PREPARE = "prepare"  # render a page
    READ = "read"
    SAVE = "save"
    WAIT = "wait"  # until a part of the stack answers again


@dataclass(frozen=True)
class Work:
    """One thing that a reading process is doing."""

    stage: Stage
    #: Seconds of the monotonic clock.
    since: float
    #: Ids whose attempt ends with the process.
    pages: tuple[int, ...] = ()
    documents: tuple[int, ...] = ()


@dataclass(frozen=True)
class Activity:
    """All that a reading process was doing when it last said so."""

    #: Seconds of the monotonic clock.
    said_at: float
    #: Pages saved since the process began.
    saved: int
    works: tuple[Work, ...]
    #: Ids of pages whose attempt is counted: those in `works`, and those that wait for a stage.
    held: tuple[int, ...] = ()
    #: Likewise, of documents.
    held_documents: tuple[int, ...] = ()

    @property
    def busy(self) -> tuple[Work, ...]:
        """What is done to pages or documents: one of these is what ends a process."""
        return tuple(work for work in self.works if work.pages or work.documents)


class ActivityReporter:
    """Says what this process does; threads may share it.

    It is said several times a page, so each part is written out once, and only joined then.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the file.

        Args:
            path: As `make_activity_file` made it; None: nobody watches.
        """
        self._file = None if path is None else os.open(path, os.O_WRONLY)
        self._lock = threading.Lock()
        #: A `Work` each, as JSON.
        self._works: list[str] = []
        self._saved = 0
        #: As JSON.
        self._held = _rows((), ())

    @contextmanager
    def doing(
        self, stage: Stage, *, pages: Sequence[int] = (), documents: Sequence[int] = ()
    ) -> Iterator[None]:
        """Say for the time of the `with` block what is done, to which rows."""
        since, rows = time.monotonic(), _rows(pages, documents)
        work = f'{{"stage":"{stage}","since":{since},"rows":{rows}}}'
        with self._lock:
            self._works.append(work)
            self._say()
        try:
            yield
        finally:
            with self._lock:
                self._works.remove(work)
                self._say()

    @contextmanager
    def holding(
        self, pages: Sequence[int] = (), *, documents: Sequence[int] = ()
    ) -> Iterator[None]:
        """Say for the time of the `with` block whose attempts are counted, or soon will be."""
        self._hold(pages, documents)
        try:
            yield
        finally:
            self._hold((), ())

    def _hold(self, pages: Sequence[int], documents: Sequence[int]) -> None:
        with self._lock:
            self._held = _rows(pages, documents)
            self._say()

    def beat(self) -> None:
        """Say that the process is alive."""
        with self._lock:
            self._say()

    def pages_saved(self, number: int) -> None:
        """Count pages that were read to their end."""
        with self._lock:
            self._saved += number
            self._say()

    def _say(self) -> None:
        if self._file is not None:
            works, now = ",".join(self._works), time.monotonic()
            done = f'"works":[{works}],"held":{self._held},"saved":{self._saved}'
            text = f'{{{done},"said_at":{now}}}'.encode()
            os.pwrite(self._file, b"%08x%b\n" % (zlib.crc32(text), text), 0)


def _rows(pages: Sequence[int], documents: Sequence[int]) -> str:
    rows = {"pages": list(pages), "documents": list(documents)}
    return json.dumps(rows, separators=(",", ":"))


def make_activity_file(path: Path) -> None:
    """Make the file that a reading process will write into; empties one that is there."""
    path.write_bytes(bytes(FILE_BYTES))


def read_activity(path: Path) -> Activity | None:
    """Return what a process said last; None before its first word, or in the middle of one."""
    line = path.read_bytes().partition(b"\n")[0]
    checksum, text = line[:8], line[8:]
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    said = json.loads(text)
    works = tuple(map(_work, said["works"]))
    return Activity(said["said_at"], said["saved"], works, *_ids(said["held"]))


def _work(said: Mapping[str, Any]) -> Work:
    return Work(Stage(said["stage"]), said["since"], *_ids(said["rows"]))


def _ids(rows: Mapping[str, Sequence[int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(rows["pages"]), tuple(rows["documents"])
