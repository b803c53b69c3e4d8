"""What was read: regions and pages of a job, streamed in document and page order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, Result, Row, func, or_, select
from sqlalchemy.orm import Session

from sealq_storage.readings import Alternative, Polygon
from sealq_storage.search import says
from sealq_storage.sql.tables import Document, DocumentState, Field, Line, Page, Reading, Region

#: Rows fetched from the database at a time.
FETCH_ROWS = 1000

_RegionRow = Row[str, int, Reading, Region, Line]


@dataclass(frozen=True)
class LineResult:
    """One piece of text; polygon in the region's frame."""

    text: str
    score: float
    polygon: Polygon


@dataclass(frozen=True)
class FieldResult:
    """What a seal says under one name; see `readings.NewField`."""

    name: str
    text: str | None
    score: float | None
    state: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True)
class RegionResult:
    """A seal on a page, or a mark that is reported and not read."""

    document: str
    page: int
    page_width: int
    page_height: int
    region: int
    #: `readings.RegionLabel`.
    label: str
    #: `readings.FoundBy`.
    found_by: str
    frame: str
    #: x1, y1, x2, y2.
    box: tuple[float, float, float, float]
    score: float | None
    lines: tuple[LineResult, ...]
    #: Empty where the reading was no careful one.
    fields: tuple[FieldResult, ...]
    shape: str | None
    ink: str | None
    #: Degrees counter-clockwise in the frame.
    rotation: float | None
    #: What is missing of its page; None: nothing known.
    damage: str | None
    #: Below it lie `reading.json` and the pictures.
    object_prefix: str
    pictures: Sequence[str]


@dataclass(frozen=True)
class PageResult:
    """A page that was asked for, with or without seals."""

    document: str
    #: None: the document as a whole, which could not be opened.
    page: int | None
    state: str
    #: Of all labels.
    regions: int
    seals: int
    cut_seals: int
    tax_marks: int
    page_width: int | None
    page_height: int | None
    looked: str | None
    #: How surely the page holds no seal, 0 to 1; None where that was not asked, or seals found.
    empty_score: float | None
    #: What of the page is missing, though it was read; None: nothing known.
    damage: str | None
    error_code: str | None
    error: str | None


@dataclass(frozen=True)
class ResultFilter:
    """Which regions a user wants. Capitals and small letters are alike, on every database."""

    #: Labels; empty: all.
    labels: Collection[str] = ()
    #: Part of the text of a line or a field, as `search.says` compares them.
    match: str | None = None
    #: Part of the document's name, or a pattern with `*` and `?`.
    document: str | None = None
    #: Least score of the region; where it has none, of its best line.
    min_score: float | None = None


def stream_regions(
    session: Session, job_id: str, wanted: ResultFilter | None = None
) -> Iterator[RegionResult]:
    """Yield the regions of a job in constant memory."""
    wanted = wanted or ResultFilter()
    query = (
        select(Document.source, Page.number, Reading, Region, Line)
        .join(Page, Page.document_id == Document.id)
        .join(Reading, Reading.id == Page.reading_id)
        .join(Region, Region.reading_id == Reading.id)
        .outerjoin(Line, Line.region_id == Region.id)
        .where(Document.job_id == job_id, *_conditions(session, wanted))
        .order_by(Document.id, Page.number, Region.number, Line.number)
        .execution_options(yield_per=FETCH_ROWS)
    )
    rows = _with_fields(session, session.execute(query))
    for _, lines in groupby(rows, key=lambda pair: (pair[0][0], pair[0][1], pair[0][3].id)):
        yield _region(list(lines))


def stream_pages(
    session: Session, job_id: str, wanted: ResultFilter | None = None
) -> Iterator[PageResult]:
    """Yield the pages of a job, those without a region too, in constant memory.

    A document that could not be opened has no pages: it stands there itself, with its reason.
    """
    query = (
        select(Document, Page, Reading)
        .outerjoin(Page, Page.document_id == Document.id)
        .outerjoin(Reading, Reading.id == Page.reading_id)
        .where(Document.job_id == job_id)
        .where(or_(Page.id.is_not(None), Document.state == DocumentState.FAILED))
        .order_by(Document.id, Page.number)
        .execution_options(yield_per=FETCH_ROWS)
    )
    if wanted and wanted.document:
        query = query.where(_document_like(wanted.document))
    for rows in session.execute(query).partitions():
        found = _labels(session, {row.Reading.id for row in rows if row.Reading})
        for document, page, reading in rows:
            yield _page(document, page, reading, found[reading.id] if reading else Counter())


def _conditions(session: Session, wanted: ResultFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.document:
        conditions.append(_document_like(wanted.document))
    if wanted.labels:
        conditions.append(Region.label.in_(wanted.labels))
    if wanted.match:
        conditions.append(says(session, wanted.match))
    if wanted.min_score is not None:
        sure = select(Line.region_id).where(Line.score >= wanted.min_score)
        unscored = Region.score.is_(None) & Region.id.in_(sure)
        conditions.append(or_(Region.score >= wanted.min_score, unscored))
    return conditions


def _document_like(pattern: str) -> ColumnElement[bool]:
    if not set(pattern) & set("*?"):
        return Document.source.icontains(pattern, autoescape=True)
    escaped = pattern.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return Document.source.ilike(escaped.replace("*", "%").replace("?", "_"), escape="/")


def _with_fields(
    session: Session, result: Result[str, int, Reading, Region, Line]
) -> Iterator[tuple[_RegionRow, tuple[FieldResult, ...]]]:
    """Yield each row with the fields of its region, which one query brings for a batch of rows."""
    for rows in result.partitions():
        fields = _fields(session, {row[3].id for row in rows})
        for row in rows:
            yield row, tuple(fields[row[3].id])


def _fields(session: Session, region_ids: Collection[int]) -> Mapping[int, list[FieldResult]]:
    """Return the fields of these regions, in the order in which they were stored."""
    of_region: defaultdict[int, list[FieldResult]] = defaultdict(list)
    query = select(Field).where(Field.region_id.in_(region_ids)).order_by(Field.id)
    for field in session.scalars(query):
        alternatives = tuple(Alternative(**each) for each in field.alternatives)
        of_region[field.region_id].append(
            FieldResult(field.name, field.text, field.score, field.state, alternatives)
        )
    return of_region


def _labels(session: Session, reading_ids: Collection[int]) -> Mapping[int, Counter[str]]:
    """Count the regions of these readings by label."""
    of_reading: defaultdict[int, Counter[str]] = defaultdict(Counter)
    query = (
        select(Region.reading_id, Region.label, func.count())
        .where(Region.reading_id.in_(reading_ids))
        .group_by(Region.reading_id, Region.label)
    )
    for reading_id, label, count in session.execute(query):
        of_reading[reading_id][label] = count
    return of_reading


def _region(rows: Sequence[tuple[_RegionRow, tuple[FieldResult, ...]]]) -> RegionResult:
    (source, number, reading, region, _), fields = rows[0]
    lines = tuple(
        LineResult(line.text, line.score, line.polygon)
        for (*_, line), _ in rows
        if line is not None
    )
    return RegionResult(
        document=source,
        page=number,
        page_width=reading.page_width,
        page_height=reading.page_height,
        region=region.number,
        label=region.label,
        found_by=region.found_by,
        frame=region.frame,
        box=(region.x1, region.y1, region.x2, region.y2),
        score=region.score,
        lines=lines,
        fields=fields,
        shape=region.shape,
        ink=region.ink,
        rotation=region.rotation,
        damage=reading.damage,
        object_prefix=reading.object_prefix,
        pictures=reading.pictures,
    )


def _page(
    document: Document, page: Page | None, reading: Reading | None, found: Counter[str]
) -> PageResult:
    ended = page or document
    return PageResult(
        document=document.source,
        page=page.number if page else None,
        state=str(ended.state),
        regions=found.total(),
        seals=found["seal"],
        cut_seals=found["cut_seal"],
        tax_marks=found["tax_mark"],
        page_width=reading.page_width if reading else None,
        page_height=reading.page_height if reading else None,
        looked=reading.looked if reading else None,
        empty_score=reading.empty_score if reading else None,
        damage=reading.damage if reading else None,
        error_code=ended.error_code,
        error=ended.error,
    )
