"""Readings with their regions and lines: written once under their key, then shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import Session

from sealq_storage.sql.engine import dialect_of
from sealq_storage.sql.tables import Line, Reading, Region

#: (x, y) pairs.
Polygon = Sequence[Sequence[float]]


@dataclass(frozen=True)
class ReadingKey:
    """Same key, same reading."""

    content_sha256: str
    #: From 1.
    page_number: int
    pipeline_digest: str


@dataclass(frozen=True)
class NewLine:
    """One piece of text; polygon in the region's frame."""

    text: str
    score: float
    polygon: Polygon


@dataclass(frozen=True)
class NewRegion:
    """A located seal; box is x1, y1, x2, y2 in `frame` (see `tables.Region`)."""

    frame: str
    box: tuple[float, float, float, float]
    score: float | None
    lines: tuple[NewLine, ...]


@dataclass(frozen=True)
class NewReading:
    """A reading whose objects are stored already."""

    key: ReadingKey
    pipeline_id: str
    page_width: int
    page_height: int
    dpi: float | None
    looked: str
    transform: Mapping[str, object]
    object_prefix: str
    pictures: tuple[str, ...]
    seconds: Mapping[str, float]
    device: str
    regions: tuple[NewRegion, ...]


def find_readings(session: Session, keys: Iterable[ReadingKey]) -> dict[ReadingKey, int]:
    """Return the ids of those readings that exist."""
    wanted = [(key.content_sha256, key.page_number, key.pipeline_digest) for key in keys]
    columns = (Reading.content_sha256, Reading.page_number, Reading.pipeline_digest)
    rows = session.execute(select(Reading.id, *columns).where(tuple_(*columns).in_(wanted)))
    return {ReadingKey(sha256, number, digest): id_ for id_, sha256, number, digest in rows}


def save_reading(session: Session, new: NewReading) -> int:
    """Insert a reading with all below it, or return the one that another worker stored first."""
    inserted: int | None = session.execute(
        dialect_of(session)
        .insert(Reading)
        .values(**_values(new))
        .on_conflict_do_nothing(index_elements=["content_sha256", "page_number", "pipeline_digest"])
        .returning(Reading.id)
    ).scalar_one_or_none()
    if inserted is None:
        return find_readings(session, [new.key])[new.key]
    for number, region in enumerate(new.regions, start=1):
        _insert_region(session, inserted, number, region)
    return inserted


def _values(new: NewReading) -> dict[str, object]:
    return {
        "content_sha256": new.key.content_sha256,
        "page_number": new.key.page_number,
        "pipeline_digest": new.key.pipeline_digest,
        "pipeline_id": new.pipeline_id,
        "page_width": new.page_width,
        "page_height": new.page_height,
        "dpi": new.dpi,
        "looked": new.looked,
        "transform": dict(new.transform),
        "object_prefix": new.object_prefix,
        "pictures": list(new.pictures),
        "seconds": dict(new.seconds),
        "device": new.device,
    }


def _insert_region(session: Session, reading_id: int, number: int, region: NewRegion) -> None:
    x1, y1, x2, y2 = region.box
    region_id = session.scalars(
        insert(Region)
        .values(
            reading_id=reading_id,
            number=number,
            frame=region.frame,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            score=region.score,
        )
        .returning(Region.id)
    ).one()
    lines = [
        {
            "region_id": region_id,
            "number": number,
            "text": line.text,
            "score": line.score,
            "polygon": [list(point) for point in line.polygon],
        }
        for number, line in enumerate(region.lines, start=1)
    ]
    if lines:
        session.execute(insert(Line), lines)
