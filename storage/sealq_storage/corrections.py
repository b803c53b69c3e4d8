"""Corrections: what people say that lines say, newest word first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from sealq_storage.readings import Polygon
from sealq_storage.sql.review_tables import Correction, Review
from sealq_storage.sql.tables import Document, Line, Reading, Region

#: Rows fetched from the database at a time.
FETCH_ROWS = 500


@dataclass(frozen=True)
class CorrectedLine:
    """A line with the word of the person who looked last."""

    number: int
    #: Empty: nothing is written there.
    text: str
    polygon: Polygon


@dataclass(frozen=True)
class CorrectedRegion:
    """A seal whose lines a person has looked through."""

    content_sha256: str
    pipeline_digest: str
    page: int
    region: int
    #: x1, y1, x2, y2 in the frame of the polygons.
    box: tuple[float, float, float, float]
    object_prefix: str
    pictures: Sequence[str]
    lines: tuple[CorrectedLine, ...]


def corrected_texts(session: Session, line_ids: Collection[int]) -> dict[int, str]:
    """Return what people say that these lines say, by line; the last word counts."""
    query = (
        select(Correction.line_id, Correction.text)
        .join(Review, Review.id == Correction.review_id)
        .where(Correction.line_id.in_(line_ids), Review.undone_at.is_(None))
        .order_by(Review.id)
    )
    return dict(session.execute(query).all())


def stream_corrected(session: Session, job_id: str) -> Iterator[CorrectedRegion]:
    """Yield the seals of a job that people have looked through, in constant memory.

    A reading that several documents share is yielded once.
    """
    last = (
        select(Correction.line_id, func.max(Review.id).label("review_id"))
        .join(Review, Review.id == Correction.review_id)
        .where(Review.undone_at.is_(None), Review.document_id.in_(_documents(job_id)))
        .group_by(Correction.line_id)
        .subquery()
    )
    query = (
        select(Reading, Region, Line, Correction.text)
        .join(Region, Region.reading_id == Reading.id)
        .join(Line, Line.region_id == Region.id)
        .join(last, last.c.line_id == Line.id)
        .join(
            Correction,
            (Correction.line_id == Line.id) & (Correction.review_id == last.c.review_id),
        )
        .order_by(Region.id, Line.number)
        .execution_options(yield_per=FETCH_ROWS)
    )
    rows = session.execute(query)
    for _, lines in groupby(rows, key=lambda row: row.Region.id):
        found = list(lines)
        yield _region(found[0].Reading, found[0].Region, [(row.Line, row.text) for row in found])


def count_corrected(session: Session, job_id: str) -> int:
    """Count the lines of a job that people have looked through."""
    query = (
        select(func.count(Correction.line_id.distinct()))
        .join(Review, Review.id == Correction.review_id)
        .where(Review.undone_at.is_(None), Review.document_id.in_(_documents(job_id)))
    )
    return session.scalar(query) or 0


def _documents(job_id: str) -> Select[int]:
    return select(Document.id).where(Document.job_id == job_id)


def _region(reading: Reading, region: Region, lines: Sequence[tuple[Line, str]]) -> CorrectedRegion:
    return CorrectedRegion(
        content_sha256=reading.content_sha256,
        pipeline_digest=reading.pipeline_digest,
        page=reading.page_number,
        region=region.number,
        box=(region.x1, region.y1, region.x2, region.y2),
        object_prefix=reading.object_prefix,
        pictures=tuple(reading.pictures),
        lines=tuple(CorrectedLine(line.number, text, line.polygon) for line, text in lines),
    )
