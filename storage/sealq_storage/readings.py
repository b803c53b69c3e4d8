"""Readings with their regions and lines: written once under their key, then shared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Literal

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import Session

from sealq_storage.impressions import NewImpression, save_impressions
from sealq_storage.search import index_texts
from sealq_storage.sql.engine import dialect_of
from sealq_storage.sql.tables import FIELD_CHARACTERS, Field, Line, Reading, Region

#: (x, y) pairs.
Polygon = Sequence[Sequence[float]]

#: Only a `seal` is read; `cut_seal` (cut by the page's edge) and `tax_mark` (the printed mark of
#: the tax bureau) are reported without lines.
RegionLabel = Literal["seal", "cut_seal", "tax_mark"]
#: `whole`: the picture was taken as one seal.
FoundBy = Literal["layout", "second_look", "whole"]
#: `owner`: the ring's name; `purpose`: what the seal is for, such as 发票专用章.
FieldName = Literal["owner", "purpose", "tax_id", "serial"]
#: `proposed`: not read as it is, but probably meant: see docs/reading.md.
FieldState = Literal["read", "proposed", "unreadable"]


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
class Alternative:
    """What a field may say instead; score from 0 to 1."""

    text: str
    score: float


@dataclass(frozen=True)
class NewField:
    """What a seal says under one name.

    Raises:
        ValueError: It is neither text nor unreadable, or longer than the database takes.
    """

    name: FieldName
    text: str | None
    #: From 0 to 1.
    score: float | None
    state: FieldState
    #: The likeliest first.
    alternatives: tuple[Alternative, ...] = ()

    def __post_init__(self) -> None:
        if self.text is None and self.state != "unreadable":
            raise ValueError(f"{self.name} has no text and is not unreadable but {self.state}.")
        if len(self.text or "") > FIELD_CHARACTERS:
            raise ValueError(
                f"{self.name} has {len(self.text or '')} characters, more than {FIELD_CHARACTERS}."
            )


@dataclass(frozen=True)
class NewRegion:
    """A located seal or mark; box is x1, y1, x2, y2 in `frame` (see `tables.Region`)."""

    frame: str
    box: tuple[float, float, float, float]
    score: float | None
    lines: tuple[NewLine, ...]
    label: RegionLabel = "seal"
    found_by: FoundBy = "layout"
    fields: tuple[NewField, ...] = ()
    #: `round`, `oval`, `square`, `rectangle` or `diamond`.
    shape: str | None = None
    #: `red`, `blue`, `purple` or `black`.
    ink: str | None = None
    #: Degrees counter-clockwise in `frame`, -180 to 180.
    rotation: float | None = None
    #: What the same seal elsewhere is found by; None where too little of it is to be seen.
    impression: NewImpression | None = None
    #: What a careful reading cost: for `reading.json`, no column.
    passes: int | None = None
    seconds: float | None = None


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
    #: How surely the page holds no seal, 0 to 1; None where seals were found, or the preset takes
    #: no second look.
    empty_score: float | None = None
    #: What of the page is missing, where it was read all the same; None: nothing known.
    damage: str | None = None


def crop_corner(box: Sequence[float]) -> tuple[int, int]:
    """Return where on the page the picture of a region has its upper left corner, in pixels."""
    return max(0, int(box[0])), max(0, int(box[1]))


def find_readings(
    session: Session, keys: Iterable[ReadingKey], *, damaged: bool
) -> dict[ReadingKey, int]:
    """Return the ids of those readings that exist.

    Args:
        session: Where they are looked for.
        keys: Which.
        damaged: Whether those of damaged pages are wanted.
    """
    wanted = [(key.content_sha256, key.page_number, key.pipeline_digest) for key in keys]
    columns = (Reading.content_sha256, Reading.page_number, Reading.pipeline_digest)
    query = select(Reading.id, *columns).where(tuple_(*columns).in_(wanted))
    rows = session.execute(query if damaged else query.where(Reading.damage.is_(None)))
    return {ReadingKey(sha256, number, digest): id_ for id_, sha256, number, digest in rows}


def save_readings(session: Session, news: Iterable[NewReading]) -> dict[ReadingKey, int]:
    """Insert readings with all below them; return the id of each.

    One that another worker stored first stays as it is. The number of statements is the same for
    one reading and for many.
    """
    # In the order of their keys: of two workers with the same pages one waits, never both.
    of_key = {new.key: new for new in sorted(news, key=lambda new: astuple(new.key))}
    inserted = _insert_readings(session, of_key.values())
    _insert_regions(session, {inserted[key]: of_key[key].regions for key in inserted})
    others = of_key.keys() - inserted.keys()
    return inserted | (find_readings(session, others, damaged=True) if others else {})


def _insert_readings(session: Session, news: Iterable[NewReading]) -> dict[ReadingKey, int]:
    key = (Reading.content_sha256, Reading.page_number, Reading.pipeline_digest)
    statement = (
        dialect_of(session)
        .insert(Reading)
        .on_conflict_do_nothing(index_elements=[column.key for column in key])
        .returning(Reading.id, *key)
    )
    rows = session.execute(statement, [_values(new) for new in news])
    return {ReadingKey(sha256, number, digest): id_ for id_, sha256, number, digest in rows}


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
        "empty_score": new.empty_score,
        "damage": new.damage,
    }


def _insert_regions(session: Session, of_reading: Mapping[int, Sequence[NewRegion]]) -> None:
    of_place = {
        (reading_id, number): region
        for reading_id, regions in of_reading.items()
        for number, region in enumerate(regions, start=1)
    }
    if not of_place:
        return
    rows = session.execute(
        insert(Region).returning(Region.id, Region.reading_id, Region.number),
        [_region_row(*place, region) for place, region in of_place.items()],
    )
    ids = {(reading_id, number): id_ for id_, reading_id, number in rows}
    lines = [row for place in of_place for row in _line_rows(ids[place], of_place[place].lines)]
    fields = [row for place in of_place for row in _field_rows(ids[place], of_place[place].fields)]
    if lines:
        session.execute(insert(Line), lines)
    if fields:
        session.execute(insert(Field), fields)
    of_region = {ids[place]: region for place, region in of_place.items()}
    index_texts(session, {id_: _texts(region) for id_, region in of_region.items()})
    save_impressions(session, {id_: region.impression for id_, region in of_region.items()})


def _texts(region: NewRegion) -> Iterator[str]:
    """Yield all that a region says."""
    yield from (line.text for line in region.lines)
    yield from (field.text for field in region.fields if field.text is not None)


def _region_row(reading_id: int, number: int, region: NewRegion) -> dict[str, object]:
    x1, y1, x2, y2 = region.box
    return {
        "reading_id": reading_id,
        "number": number,
        "frame": region.frame,
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "score": region.score,
        "label": region.label,
        "found_by": region.found_by,
        "shape": region.shape,
        "ink": region.ink,
        "rotation": region.rotation,
    }


def _line_rows(region_id: int, lines: Sequence[NewLine]) -> list[dict[str, object]]:
    return [
        {
            "region_id": region_id,
            "number": number,
            "text": line.text,
            "score": line.score,
            "polygon": [list(point) for point in line.polygon],
        }
        for number, line in enumerate(lines, start=1)
    ]


def _field_rows(region_id: int, fields: Sequence[NewField]) -> list[dict[str, object]]:
    return [
        {
            "region_id": region_id,
            "name": field.name,
            "text": field.text,
            "score": field.score,
            "state": field.state,
            "alternatives": [asdict(alternative) for alternative in field.alternatives],
        }
        for field in fields
    ]
