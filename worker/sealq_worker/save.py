"""From a reading to what is kept: objects first, then the row that points at them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import Any

from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import PICTURE_ENDING, READING_JSON, reading_prefix
from sealq_storage.readings import NewReading, ReadingKey
from sealq_worker.devices import Device
from sealq_worker.documents import PageImage
from sealq_worker.evidence import with_plain
from sealq_worker.impression import with_impressions
from sealq_worker.pictures import CONTENT_TYPE, encode_jpeg
from sealq_worker.pipelines import Pipeline
from sealq_worker.reader import RawReading
from sealq_worker.view import regions_of, transform_of


@dataclass(frozen=True)
class Read:
    """A page that was just read, with all that its record needs."""

    key: ReadingKey
    page: PageImage
    raw: RawReading
    pipeline: Pipeline
    device: Device
    #: Seconds the page took to be rendered.
    prepare_seconds: float


def store(read: Read, objects: ObjectStore, jpeg_quality: int) -> NewReading:
    """Write a reading's objects and return the row to commit.

    Keys come from the reading's key: a second try overwrites the first, with the same content.
    """
    started = time.perf_counter()
    reading = _as_row(read)
    pictures = with_plain(read.raw.pictures, read.page.image, reading.regions)
    reading = replace(
        reading,
        pictures=tuple(f"{name}{PICTURE_ENDING}" for name in pictures),
        seconds={**reading.seconds, "draw": round(time.perf_counter() - started, 4)},
    )
    for name, picture in pictures.items():
        data = encode_jpeg(picture, jpeg_quality)
        objects.put(f"{reading.object_prefix}/{name}{PICTURE_ENDING}", data, CONTENT_TYPE)
    body = json.dumps(_as_json(read, reading), ensure_ascii=False, separators=(",", ":"))
    objects.put(f"{reading.object_prefix}/{READING_JSON}", body.encode(), "application/json")
    seconds = {**reading.seconds, "store": round(time.perf_counter() - started, 4)}
    return replace(reading, seconds=seconds)


def _as_row(read: Read) -> NewReading:
    height, width = read.page.image.shape[:2]
    transform = transform_of(read.raw.res, width, height)
    seconds = {"prepare": read.prepare_seconds, **read.raw.seconds}
    regions = regions_of(read.raw.res, transform, read.raw.seals)
    key = read.key
    return NewReading(
        key=key,
        pipeline_id=read.pipeline.spec.id,
        page_width=width,
        page_height=height,
        dpi=read.page.dpi,
        looked=read.raw.looked,
        transform=transform.to_json(),
        object_prefix=reading_prefix(key.content_sha256, key.page_number, key.pipeline_digest),
        pictures=(),
        seconds={stage: round(value, 4) for stage, value in seconds.items()},
        device=str(read.device),
        regions=with_impressions(regions, read.page.image),
        empty_score=read.raw.empty_score,
        damage=read.page.damage,
    )


@cache
def _version() -> str:
    return version("sealq")  # reads a file


def _as_json(read: Read, reading: NewReading) -> Mapping[str, Any]:
    """Return the content of `reading.json`, described in docs/results.md."""
    spec = read.pipeline.spec
    names = {use.slot: use.model_name for use in spec.models()}
    return {
        "sealq": _version(),
        "key": asdict(reading.key),
        "page": {"width": reading.page_width, "height": reading.page_height, "dpi": reading.dpi},
        "damage": reading.damage,
        "looked": reading.looked,
        "empty_score": reading.empty_score,
        "transform": reading.transform,
        "regions": [
            {"region": number, **asdict(region)}
            for number, region in enumerate(reading.regions, start=1)
        ],
        "pictures": reading.pictures,
        "pipeline": {
            "preset": spec.preset,
            "parameters": dict(read.raw.parameters),
            "models": {
                slot: {"name": names[slot], "files": dict(files)}
                for slot, files in read.pipeline.model_files.items()
            },
        },
        "seconds": reading.seconds,
        "device": reading.device,
        "res": read.raw.res,
    }
