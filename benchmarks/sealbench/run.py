"""Pages read through sealq's own reader, as a worker would read them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sealbench.bench import Bench, BenchEntry
from sealbench.match import SEAL, Box, Found
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
from sealq_worker.view import Transform, regions_of, transform_of

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


def read_page(
    reader: Reader, page: PageImage, truth: PageTruth
) -> tuple[tuple[Found, ...], Mapping[str, float]]:
    """Read a page.

    Args:
        reader: sealq's own.
        page: At any resolution.
        truth: What stands on it; its frame is that of the boxes returned.

    Returns:
        The boxes of all labels, and the seconds that the reader took, by stage.
    """
    raw = reader.read(page)
    height, width = page.image.shape[:2]
    scale = truth.width / width, truth.height / height
    found = tuple(_scaled(box, scale) for box in _boxes(raw, width, height))
    return found, {"read": raw.seconds["read"]}


def read_bench(
    reader: Reader, bench: Bench, entries: Iterable[BenchEntry]
) -> Iterator[PageOutcome]:
    """Read pages of a bench. One that can't be read is an outcome like any other."""
    for entry in entries:
        try:
            yield _read(reader, bench, entry)
        except Exception as exc:
            log.exception("%s, page %d could not be read", entry.file, entry.page)
            yield _outcome(entry, (), {}, repr(exc))


def _read(reader: Reader, bench: Bench, entry: BenchEntry) -> PageOutcome:
    started = time.perf_counter()
    image = bench.image(entry.file, entry.page)
    prepared = time.perf_counter() - started
    found, seconds = read_page(reader, image, entry.truth)
    return _outcome(entry, found, {"prepare": prepared, **seconds})


def _outcome(
    entry: BenchEntry,
    found: tuple[Found, ...],
    seconds: Mapping[str, float],
    error: str | None = None,
) -> PageOutcome:
    return PageOutcome(entry.file, entry.page, entry.file_kind, entry.truth, found, seconds, error)


def _boxes(raw: RawReading, width: int, height: int) -> Iterator[Found]:
    transform = transform_of(raw.res, width, height)
    for region in regions_of(raw.res, transform):
        score = _SURE if region.score is None else region.score
        yield Found(SEAL, region.box, score, tuple(line.text for line in region.lines))
    # What the locator reports and PaddleX does not read: cut seals, tax marks.
    for box in (raw.res.get("layout_det_res") or {}).get("boxes", ()):
        if box["label"].lower() != SEAL:
            yield Found(box["label"].lower(), _placed(box, transform), float(box["score"]))


def _placed(box: Mapping[str, Any], transform: Transform) -> Box:
    x1, y1, x2, y2 = (float(value) for value in box["coordinate"])
    (ax, ay), (bx, by) = transform.undo((x1, y1)), transform.undo((x2, y2))
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _scaled(found: Found, scale: tuple[float, float]) -> Found:
    x1, y1, x2, y2 = found.box
    sx, sy = scale
    return Found(found.label, (x1 * sx, y1 * sy, x2 * sx, y2 * sy), found.score, found.lines)
