"""A worker's Celery app that goes wrong: where a page's shade says so, or at a stage, once.

`faulty_worker.py` runs it. Everything but the faults is what users run.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faulty_pages import EATS, ENDS_WHEN_OPENED, FAILS, HANGS, SEGFAULTS

import sealq_storage.objects.s3
import sealq_worker.relay
import sealq_worker.runtime
from sealq_worker.activity import ActivityReporter, Stage
from sealq_worker.documents import OpenDocument, PageImage, open_document
from sealq_worker.null_reader import NullReader
from sealq_worker.reader import RawReading
from sealq_worker.save import store

log = logging.getLogger(__name__)

#: Folder of files named like stages: a process that enters one removes the file, and dies.
#: `object` stands for the moment between the objects and the row.
TRAPS = Path(os.environ["FAULTY_TRAPS"])
#: Seconds that every page takes to be read.
SLOW = float(os.environ.get("FAULTY_SLOW", "0"))
#: Whether pages go wrong as their shades say.
POISON = os.environ.get("FAULTY_POISON") == "1"

#: Seconds that S3 may take to answer, in place of what users have.
S3_SECONDS = os.environ.get("FAULTY_S3_SECONDS")

#: Bytes that are eaten at a time, and the pause before the next.
BITE, CHEW_SECONDS = 32 << 20, 0.02


def _segfault() -> None:
    ctypes.string_at(0)


def _hang() -> None:
    # In C and with Python's lock held, deaf to signals: nothing in this process can end it.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    log.warning("hanging")
    ctypes.PyDLL(None).sleep(3600)


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(b"\1" * BITE)
        time.sleep(CHEW_SECONDS)


def _fail() -> None:
    raise ZeroDivisionError("a box without width")


#: What happens when a page of a shade is read.
FAULTS: Mapping[int, Callable[[], None]] = {
    SEGFAULTS: _segfault,
    HANGS: _hang,
    EATS: _eat,
    FAILS: _fail,
}


def shade_of(page: PageImage) -> int:
    return int(page.image[0, 0, 0])


class FaultyReader(NullReader):
    """Reads nothing, and goes wrong on some pages."""

    def read(self, page: PageImage) -> RawReading:
        time.sleep(SLOW)
        if POISON and (fault := FAULTS.get(shade_of(page))):
            fault()
        return super().read(page)


def step_into(trap: str) -> None:
    """Die in the trap, if it is set."""
    file = TRAPS / trap
    if file.exists():
        file.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


class TrappedReporter(ActivityReporter):
    """Says what the process does, and dies where there is a trap."""

    @contextmanager
    def doing(
        self, stage: Stage, *, pages: Sequence[int] = (), documents: Sequence[int] = ()
    ) -> Iterator[None]:
        with super().doing(stage, pages=pages, documents=documents):
            step_into(stage)
            yield


def trapped_store(*arguments: Any) -> Any:
    stored = store(*arguments)
    step_into("object")
    return stored


def deadly_open(*arguments: Any, **options: Any) -> OpenDocument:
    document = open_document(*arguments, **options)
    if POISON and shade_of(document.page(1)) == ENDS_WHEN_OPENED:
        os.kill(os.getpid(), signal.SIGKILL)
    return document


for module, name, faulty in (
    (sealq_worker.runtime, "NullReader", FaultyReader),
    (sealq_worker.runtime, "ActivityReporter", TrappedReporter),
    (sealq_worker.relay, "store", trapped_store),
    (sealq_worker.relay, "open_document", deadly_open),
):
    setattr(module, name, faulty)

if S3_SECONDS:
    vars(sealq_storage.objects.s3)["_READ_SECONDS"] = float(S3_SECONDS)

from sealq_worker.app import app  # noqa: E402 (with the faults in place)

__all__ = ["app"]
