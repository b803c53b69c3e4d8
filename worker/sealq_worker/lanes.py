"""Several pages read at a time by one process, where its device computes batches faster."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from sealq_worker.batcher import Array, BatchedRunner, Batcher, Runner
from sealq_worker.devices import Device
from sealq_worker.documents import PageImage
from sealq_worker.paddlex_reader import PaddleXReader
from sealq_worker.reader import RawReading, Reader

log = logging.getLogger(__name__)

#: Pages at a time on a device that gains from batches.
LANES = 16
#: How many times as fast a batch must be as its pictures one by one.
WORTH = 1.2
#: The pictures by which that is measured: as many crops of seals as the detector is shown, and how
#: often.
_PICTURES, _ROUNDS = (8, 3, 640, 640), 3


class LanedReader(Reader):
    """Readers side by side on the same models, which compute for all of them in batches."""

    def __init__(self, first: PaddleXReader, lanes: int) -> None:
        """Put more readers beside one.

        Args:
            first: In the thread that loaded it. Its models have runners.
            lanes: How many there are to be.
        """
        self._batcher = Batcher(most=lanes)
        for model in first.models:
            model.runner = BatchedRunner(model.runner, self._batcher)
        self._readers = [first, *(first.beside() for _ in range(lanes - 1))]

    def read(self, page: PageImage) -> RawReading:
        """Read the seals of one page, in the thread that loaded the models."""
        return self._readers[0].read(page)

    def side_by_side(self, work: Callable[[Reader], None]) -> None:
        """Have work done by all readers, each in a thread; this one computes for them."""
        self._batcher.serve([partial(work, reader) for reader in self._readers])


def with_lanes(reader: PaddleXReader, device: Device, wanted: int | None) -> Reader:
    """Return a reader of as many pages at a time as its device is worth.

    Args:
        reader: Just loaded.
        device: On the CPU batches gain nothing (docs/performance.md); others are measured.
        wanted: Pages at a time; None: what gains.
    """
    if wanted == 1 or (wanted is None and device.kind == "cpu"):
        return reader
    if not all(hasattr(model, "runner") for model in reader.models):
        log.info("%s: pages are read one at a time, for this engine shows no models", device)
        return reader
    lanes = wanted or _lanes_worth(reader, device)
    return reader if lanes == 1 else LanedReader(reader, lanes)


def batch_gain(runner: Runner) -> float:
    """Return how many times as fast a model computes pictures in a batch as one by one."""
    pictures = np.zeros(_PICTURES, np.float32)
    alone, together = [], []
    for _ in range(1 + _ROUNDS):
        alone.append(_seconds(runner, [pictures[:1]]) * len(pictures))
        together.append(_seconds(runner, [pictures]))
    # The first of each warms up.
    return median(alone[1:]) / median(together[1:])


def _lanes_worth(reader: PaddleXReader, device: Device) -> int:
    try:
        gain = batch_gain(reader.detector.runner)
    except Exception as exc:  # noqa: BLE001 (what takes no batches is given none)
        log.info("%s: pages are read one at a time, for a batch failed: %r", device, exc)
        return 1
    lanes = LANES if gain >= WORTH else 1
    log.info("%s: batches are %.1f times as fast; pages at a time: %d", device, gain, lanes)
    return lanes


def _seconds(runner: Runner, inputs: list[Array]) -> float:
    started = time.perf_counter()
    runner(inputs)
    return time.perf_counter() - started
