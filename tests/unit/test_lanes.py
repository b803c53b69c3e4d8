"""Rules of lanes: so many pages at a time as a device is worth, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sealq_worker import lanes
from sealq_worker.batcher import Array
from sealq_worker.devices import Device
from sealq_worker.documents import PageImage
from sealq_worker.lanes import LANES, LanedReader, batch_gain, with_lanes
from sealq_worker.reader import RawReading, Reader

CPU, GPU = Device("cpu", None), Device("gpu", 0)


class Clock:
    """Time that passes only where somebody computes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(lanes, "time", SimpleNamespace(perf_counter=lambda: self.now))


class Detector:
    """A model that takes its time, the first time longer."""

    def __init__(self, clock: Clock, call: float = 1.0, picture: float = 0.0) -> None:
        self._clock = clock
        self._call = call
        self._picture = picture
        self._seen: set[int] = set()

    def __call__(self, x: Sequence[Array]) -> list[Array]:
        pictures = len(x[0])
        first = pictures not in self._seen
        self._seen.add(pictures)
        self._clock.now += self._call + self._picture * pictures + 1000 * first
        return [np.zeros(pictures)]


class Loaded(Reader):
    """Stands in the place of a PaddleX reader: its models and its likes."""

    def __init__(self, *runners: object) -> None:
        self.models = [SimpleNamespace(runner=runner) for runner in runners]
        self.detector = self.models[-1] if runners else None

    def read(self, page: PageImage) -> RawReading:
        raise NotImplementedError

    def beside(self) -> Loaded:
        other = Loaded()
        other.models = self.models
        return other


def lanes_of(reader: Reader) -> int:
    used: list[Reader] = []
    reader.side_by_side(used.append)
    assert len(set(map(id, used))) == len(used)
    return len(used)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_gain_is_what_a_batch_takes_less_once_a_model_is_warm(clock: Clock) -> None:
    assert batch_gain(Detector(clock, call=1, picture=0)) == 8
    assert batch_gain(Detector(clock, call=0, picture=1)) == 1


@pytest.mark.parametrize(
    ("device", "picture", "pages"), [(GPU, 0.1, LANES), (GPU, 10.0, 1), (CPU, 0.1, 1)]
)
def test_a_device_that_gains_from_batches_gets_lanes(
    clock: Clock, device: Device, picture: float, pages: int
) -> None:
    reader: Any = Loaded(Detector(clock, 1.0, picture))
    assert lanes_of(with_lanes(reader, device, None)) == pages


def test_a_device_that_fails_on_a_batch_gets_one_lane() -> None:
    def fixed(x: Sequence[Array]) -> list[Array]:
        if len(x[0]) > 1:
            raise ValueError("Got: 8 Expected: 1")
        return [*x]

    reader: Any = Loaded(fixed)
    assert with_lanes(reader, GPU, None) is reader


@pytest.mark.parametrize("device", [CPU, GPU])
@pytest.mark.parametrize("wanted", [1, 3])
def test_who_says_how_many_gets_them(clock: Clock, device: Device, wanted: int) -> None:
    reader: Any = Loaded(Detector(clock))
    assert lanes_of(with_lanes(reader, device, wanted)) == wanted


def test_an_engine_that_hides_its_models_gets_one_lane() -> None:
    reader: Any = Loaded()
    reader.models = [SimpleNamespace()]
    assert with_lanes(reader, GPU, 4) is reader


def test_all_lanes_share_the_models_runners(clock: Clock) -> None:
    detector = Detector(clock)
    reader: Any = Loaded(detector, detector)
    LanedReader(reader, 2)
    assert all(model.runner is not detector for model in reader.models)
