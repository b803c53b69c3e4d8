"""What was seen of each document of a job: its pages, and what their seals say, for an audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sealq_storage.sql.tables import Document, DocumentState, Field, Line, Page, Reading, Region

#: Documents whose pages and seals are held at a time.
BATCH_DOCUMENTS = 100

#: A page and a region on it: several pages may share a reading, and with it its regions.
_Place = tuple[int, int]


@dataclass(frozen=True)
class Saying:
    """A text on a seal: a field of a careful reading, or a line of any.

    Attributes:
        text: None where it is unreadable.
        score: How sure the reading is, 0 to 1.
        name: Of the field: `readings.FieldName`; None for a line.
        state: Of the field: `readings.FieldState`; `read` for a line.
        alternatives: What a field may say instead, the likeliest first.
    """

    text: str | None
    score: float | None
    name: str | None = None
    state: str = "read"
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeenRegion:
    """A region with what it says."""

    page: int
    #: From 1.
    number: int
    #: `readings.RegionLabel`.
    label: str
    #: What a careful reading saw; None after any other.
    shape: str | None
    lines: tuple[Saying, ...]
    #: Empty where the reading was no careful one.
    fields: tuple[Saying, ...]
    #: Object key of its picture; None: there is none.
    picture: str | None


@dataclass(frozen=True)
class SeenPage:
    """A page as it stands."""

    #: From 1.
    number: int
    state: str
    error: str | None
    #: How surely it holds no seal, 0 to 1; None where that was not asked, or seals were found.
    empty_score: float | None
    #: What is missing of it; None: nothing known.
    damage: str | None
    #: Object key of its picture; None: there is none.
    picture: str | None
    regions: tuple[SeenRegion, ...]


@dataclass(frozen=True)
class SeenDocument:
    """A document with its pages, in their order."""

    id: int
    source: str
    sha256: str | None
    state: DocumentState
    error: str | None
    pages: tuple[SeenPage, ...]

    def labelled(self, label: str) -> Iterator[SeenRegion]:
        """Yield the regions with a label."""
        return (each for page in self.pages for each in page.regions if each.label == label)


def stream_seen(session: Session, job_id: str) -> Generator[list[SeenDocument]]:
    """Yield the documents of a job in their order, a batch at a time, in constant memory.

    Who stops before the end closes the generator: it holds a cursor of the database.
    """
    query = (
        select(Document.id, Document.source, Document.sha256, Document.state, Document.error)
        .where(Document.job_id == job_id)
        .order_by(Document.id)
        .execution_options(yield_per=BATCH_DOCUMENTS)
    )
    with session.execute(query) as found:
        for rows in found.partitions():
            pages = _pages(session, [row.id for row in rows])
            yield [_document(row, pages[row.id]) for row in rows]


def seen_document(session: Session, document_id: int) -> SeenDocument:
    """Return one document."""
    row = session.get_one(Document, document_id)
    return _document(row, _pages(session, [document_id])[document_id])


def _document(row: Any, pages: Iterable[SeenPage]) -> SeenDocument:
    return SeenDocument(
        row.id, row.source, row.sha256, DocumentState(row.state), row.error, tuple(pages)
    )


def _pages(session: Session, document_ids: Collection[int]) -> Mapping[int, list[SeenPage]]:
    regions = _regions(session, document_ids)
    query = (
        select(
            *(Page.id, Page.document_id, Page.number, Page.state, Page.error),
            *(Reading.empty_score, Reading.damage, Reading.object_prefix, Reading.pictures),
        )
        .outerjoin(Reading, Reading.id == Page.reading_id)
        .where(Page.document_id.in_(document_ids))
        .order_by(Page.document_id, Page.number)
    )
    pages: defaultdict[int, list[SeenPage]] = defaultdict(list)
    for row in session.execute(query):
        names = ("page.jpg", "layout_det_res.jpg")
        pages[row.document_id].append(
            SeenPage(
                number=row.number,
                state=row.state,
                error=row.error,
                empty_score=row.empty_score,
                damage=row.damage,
                picture=_picture(row.object_prefix, row.pictures, names),
                regions=tuple(regions[row.id]),
            )
        )
    return pages


def _regions(session: Session, document_ids: Collection[int]) -> Mapping[int, list[SeenRegion]]:
    """Return the regions of all pages of these documents, by page."""
    lines, fields = _lines(session, document_ids), _fields(session, document_ids)
    query = (
        select(
            *(Page.id.label("page_id"), Page.number.label("page"), Region.id, Region.number),
            *(Region.label, Region.shape, Reading.object_prefix, Reading.pictures),
        )
        .join(Reading, Reading.id == Page.reading_id)
        .join(Region, Region.reading_id == Reading.id)
        .where(Page.document_id.in_(document_ids))
        .order_by(Page.id, Region.number)
    )
    regions: defaultdict[int, list[SeenRegion]] = defaultdict(list)
    for row in session.execute(query):
        names = (f"region{row.number}.jpg", f"seal_res_region{row.number}.jpg")
        regions[row.page_id].append(
            SeenRegion(
                page=row.page,
                number=row.number,
                label=row.label,
                shape=row.shape,
                lines=tuple(lines[row.page_id, row.id]),
                fields=tuple(fields[row.page_id, row.id]),
                picture=_picture(row.object_prefix, row.pictures, names),
            )
        )
    return regions


def _lines(session: Session, document_ids: Collection[int]) -> Mapping[_Place, list[Saying]]:
    query = (
        select(Page.id, Line.region_id, Line.text, Line.score)
        .join(Region, Region.reading_id == Page.reading_id)
        .join(Line, Line.region_id == Region.id)
        .where(Page.document_id.in_(document_ids))
        .order_by(Line.region_id, Line.number)
    )
    lines: defaultdict[_Place, list[Saying]] = defaultdict(list)
    for page_id, region_id, text, score in session.execute(query):
        lines[page_id, region_id].append(Saying(text, score))
    return lines


def _fields(session: Session, document_ids: Collection[int]) -> Mapping[_Place, list[Saying]]:
    query = (
        select(Page.id, Field)
        .join(Region, Region.reading_id == Page.reading_id)
        .join(Field, Field.region_id == Region.id)
        .where(Page.document_id.in_(document_ids))
        .order_by(Field.id)
    )
    fields: defaultdict[_Place, list[Saying]] = defaultdict(list)
    for page_id, field in session.execute(query):
        others = tuple(each["text"] for each in field.alternatives)
        fields[page_id, field.region_id].append(
            Saying(field.text, field.score, field.name, field.state, others)
        )
    return fields


def _picture(prefix: str | None, stored: Sequence[str] | None, names: Sequence[str]) -> str | None:
    """Return the key of the first of these pictures that was stored."""
    return next((f"{prefix}/{name}" for name in names if name in (stored or ())), None)
