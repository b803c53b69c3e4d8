"""Pages read through sealq's own reader, as a worker would read them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sealbench.bench import Bench, BenchEntry
from sealbench.match import Found
from sealbench.outcome import PageOutcome
from sealbench.truth import PageTruth
from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import Settings
from sealq_worker.devices import Device
from sealq_worker.documents import PageImage
from sealq_worker.paddlex_reader import PaddleXReader
from sealq_worker.pipelines import Pipeline
from sealq_worker.reader import RawReading, Reader
from sealq_worker.view import regions_of, transform_of

log = logging.getLogger(__name__)

#: Score of a page that was read whole: no locator was asked, nothing can be surer.
_SURE = 1.0


def open_pipeline(preset: str, device: Device, settings: Settings) -> Pipeline:
    """Return a preset's pipeline as a worker would run it, but for the pictures.

    Raises:
        PresetError: There is no such preset.
    """
    models = ModelCache(settings.models_dir)
    spec = load_preset(preset).spec(PredictParameters(), settings.dpi)
    return Pipeline(spec, models, lambda spec: PaddleXReader(spec, device, models, font=None))


@dataclass(frozen=True)
class PageReading:
    """What a reader says of a page.

    Attributes:
        found: Boxes of all labels, in the frame of the page's truth.
        seconds: That the reader took, by stage; the pictures, which it draws for people, left out.
        empty_score: How surely no whole seal is there, 0 to 1; None: it does not say.
    """

    found: tuple[Found, ...]
    seconds: Mapping[str, float]
    empty_score: float | None


def read_page(reader: Reader, page: PageImage, truth: PageTruth) -> PageReading:
    """Read a page.

    Args:
        reader: sealq's own.
        page: At any resolution.
        truth: What stands on it.
    """
    raw = reader.read(page)
    height, width = page.image.shape[:2]
    scale = truth.width / width, truth.height / height
    found = tuple(_scaled(box, scale) for box in _boxes(raw, width, height))
    seconds = {stage: value for stage, value in raw.seconds.items() if stage != "draw"}
    return PageReading(found, seconds, raw.empty_score)


def read_bench(
    reader: Reader, bench: Bench, entries: Iterable[BenchEntry]
) -> Iterator[PageOutcome]:
    """Read pages of a bench. One that can't be read is an outcome like any other."""
    for entry in entries:
        try:
            yield _read(reader, bench, entry)
        except Exception as exc:
            log.exception("%s, page %d could not be read", entry.file, entry.page)
            yield _outcome(entry, PageReading((), {}, None), repr(exc))


def _read(reader: Reader, bench: Bench, entry: BenchEntry) -> PageOutcome:
    started = time.perf_counter()
    image = bench.image(entry.file, entry.page)
    prepared = time.perf_counter() - started
    reading = read_page(reader, image, entry.truth)
    return _outcome(entry, replace(reading, seconds={"prepare": prepared, **reading.seconds}))


def _outcome(entry: BenchEntry, reading: PageReading, error: str | None = None) -> PageOutcome:
    return PageOutcome(
        entry.file,
        entry.page,
        entry.file_kind,
        entry.truth,
        reading.found,
        reading.seconds,
        error,
        reading.empty_score,
    )


def _boxes(raw: RawReading, width: int, height: int) -> Iterator[Found]:
    transform = transform_of(raw.res, width, height)
    for region in regions_of(raw.res, transform):
        score = _SURE if region.score is None else region.score
        lines = tuple(line.text for line in region.lines)
        yield Found(region.label, region.box, score, lines, region.found_by)


def _scaled(found: Found, scale: tuple[float, float]) -> Found:
    x1, y1, x2, y2 = found.box
    sx, sy = scale
    return replace(found, box=(x1 * sx, y1 * sy, x2 * sx, y2 * sy))
