"""What was read: regions and pages of a job, streamed in document and page order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from sealq_storage.readings import Polygon
from sealq_storage.sql.tables import Document, DocumentState, Line, Page, Reading, Region

#: Rows fetched from the database at a time.
FETCH_ROWS = 1000


@dataclass(frozen=True)
class LineResult:
    """One piece of text; polygon in the region's frame."""

    text: str
    score: float
    polygon: Polygon


@dataclass(frozen=True)
class RegionResult:
    """A seal on a page."""

    document: str
    page: int
    page_width: int
    page_height: int
    region: int
    frame: str
    #: x1, y1, x2, y2.
    box: tuple[float, float, float, float]
    score: float | None
    lines: tuple[LineResult, ...]
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
    regions: int
    page_width: int | None
    page_height: int | None
    looked: str | None
    error_code: str | None
    error: str | None


@dataclass(frozen=True)
class ResultFilter:
    """Which regions a user wants. Capitals and small letters are alike, on every database."""

    #: Part of a line's text.
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
        .where(Document.job_id == job_id, *_conditions(wanted))
        .order_by(Document.id, Page.number, Region.number, Line.number)
        .execution_options(yield_per=FETCH_ROWS)
    )
    rows = session.execute(query)
    for _, lines in groupby(rows, key=lambda row: (row[0], row[1], row[3].id)):
        yield _region(list(lines))


def stream_pages(
    session: Session, job_id: str, wanted: ResultFilter | None = None
) -> Iterator[PageResult]:
    """Yield the pages of a job, those without a region too, in constant memory.

    A document that could not be opened has no pages: it stands there itself, with its reason.
    """
    regions = (
        select(func.count())
        .where(Region.reading_id == Page.reading_id)
        .correlate(Page)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(Document, Page, Reading, regions)
        .outerjoin(Page, Page.document_id == Document.id)
        .outerjoin(Reading, Reading.id == Page.reading_id)
        .where(Document.job_id == job_id)
        .where(or_(Page.id.is_not(None), Document.state == DocumentState.FAILED))
        .order_by(Document.id, Page.number)
        .execution_options(yield_per=FETCH_ROWS)
    )
    if wanted and wanted.document:
        query = query.where(_document_like(wanted.document))
    for document, page, reading, count in session.execute(query):
        yield _page(document, page, reading, count)


def _conditions(wanted: ResultFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.document:
        conditions.append(_document_like(wanted.document))
    if wanted.match:
        said = select(Line.region_id).where(Line.text.icontains(wanted.match, autoescape=True))
        conditions.append(Region.id.in_(said))
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


def _region(rows: Sequence[Row[str, int, Reading, Region, Line]]) -> RegionResult:
    source, number, reading, region, _ = rows[0]
    lines = tuple(
        LineResult(line.text, line.score, line.polygon) for *_, line in rows if line is not None
    )
    return RegionResult(
        document=source,
        page=number,
        page_width=reading.page_width,
        page_height=reading.page_height,
        region=region.number,
        frame=region.frame,
        box=(region.x1, region.y1, region.x2, region.y2),
        score=region.score,
        lines=lines,
        object_prefix=reading.object_prefix,
        pictures=reading.pictures,
    )


def _page(
    document: Document, page: Page | None, reading: Reading | None, regions: int
) -> PageResult:
    ended = page or document
    return PageResult(
        document=document.source,
        page=page.number if page else None,
        state=str(ended.state),
        regions=regions,
        page_width=reading.page_width if reading else None,
        page_height=reading.page_height if reading else None,
        looked=reading.looked if reading else None,
        error_code=ended.error_code,
        error=ended.error,
    )
