"""The pages of a job with all that was read on them, so many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from sealq_storage.sql.tables import Document, Field, Line, Page, Reading, Region


@dataclass(frozen=True)
class PageKey:
    """Where in a job's pages one stands: they are ordered by it."""

    document_id: int
    number: int


@dataclass(frozen=True)
class ListedRegion:
    """A region with all below it."""

    row: Region
    lines: tuple[Line, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class ListedPage:
    """A page, its document's name, and its reading where there is one."""

    row: Page
    source: str
    reading: Reading | None
    regions: tuple[ListedRegion, ...]

    @property
    def key(self) -> PageKey:
        """Where it stands."""
        return PageKey(self.row.document_id, self.row.number)


def list_pages(
    session: Session,
    job_id: str,
    after: PageKey | None = None,
    limit: int = 100,
    states: Collection[str] = (),
) -> list[ListedPage]:
    """Return pages of a job in document and page order.

    Args:
        session: Where they are.
        job_id: Whose.
        after: The last one that was shown; None: from the first.
        limit: How many at most.
        states: Those that are wanted; empty: all.
    """
    query = (
        select(Page, Document.source, Reading)
        .join(Document, Document.id == Page.document_id)
        .outerjoin(Reading, Reading.id == Page.reading_id)
        .where(Page.job_id == job_id)
        .order_by(Page.document_id, Page.number)
        .limit(limit)
    )
    if after is not None:
        query = query.where(
            tuple_(Page.document_id, Page.number) > tuple_(after.document_id, after.number)
        )
    if states:
        query = query.where(Page.state.in_(states))
    rows = session.execute(query).all()
    regions = _regions(session, {reading.id for _, _, reading in rows if reading})
    return [
        ListedPage(page, source, reading, tuple(regions[reading.id]) if reading else ())
        for page, source, reading in rows
    ]


def _regions(
    session: Session, reading_ids: Collection[int]
) -> defaultdict[int, list[ListedRegion]]:
    found: defaultdict[int, list[ListedRegion]] = defaultdict(list)
    wanted = select(Region).where(Region.reading_id.in_(reading_ids))
    regions = session.scalars(wanted.order_by(Region.reading_id, Region.number)).all()
    lines, fields = _below(session, {region.id for region in regions})
    for region in regions:
        found[region.reading_id].append(
            ListedRegion(region, tuple(lines[region.id]), tuple(fields[region.id]))
        )
    return found


def _below(
    session: Session, region_ids: Collection[int]
) -> tuple[defaultdict[int, list[Line]], defaultdict[int, list[Field]]]:
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    fields: defaultdict[int, list[Field]] = defaultdict(list)
    in_lines = select(Line).where(Line.region_id.in_(region_ids)).order_by(Line.number)
    for line in session.scalars(in_lines):
        lines[line.region_id].append(line)
    in_fields = select(Field).where(Field.region_id.in_(region_ids)).order_by(Field.id)
    for field in session.scalars(in_fields):
        fields[field.region_id].append(field)
    return lines, fields
