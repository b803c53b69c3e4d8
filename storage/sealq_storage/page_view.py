"""One page as a person looks at it: how it stands, and all that was read on it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sealq_storage.corrections import corrected_texts
from sealq_storage.sql.tables import Document, Field, Line, Page, Reading, Region


@dataclass(frozen=True)
class SeenLine:
    """A line and, where somebody corrected it, what it says."""

    row: Line
    #: None: nobody looked; empty: nothing is written there.
    corrected: str | None


@dataclass(frozen=True)
class SeenRegion:
    """A region with all below it."""

    row: Region
    lines: tuple[SeenLine, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class SeenPage:
    """A page of a document, and its reading where there is one."""

    row: Page
    reading: Reading | None
    regions: tuple[SeenRegion, ...]


@dataclass(frozen=True)
class PageMark:
    """A page in the row of a document's pages."""

    number: int
    state: str
    seals: int


def document_of_job(session: Session, job_id: str, document_id: int) -> Document | None:
    """Return a document of this job."""
    query = select(Document).where(Document.id == document_id, Document.job_id == job_id)
    return session.scalars(query).one_or_none()


def see_page(session: Session, document_id: int, number: int) -> SeenPage | None:
    """Return a page with its reading; None: the job did not ask for such a page."""
    query = (
        select(Page, Reading)
        .outerjoin(Reading, Reading.id == Page.reading_id)
        .where(Page.document_id == document_id, Page.number == number)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    page, reading = found
    return SeenPage(page, reading, _regions(session, reading.id) if reading else ())


def see_reading(session: Session, document_id: int, number: int) -> Reading | None:
    """Return the reading of a page; None: there is none."""
    query = (
        select(Reading)
        .join(Page, Page.reading_id == Reading.id)
        .where(Page.document_id == document_id, Page.number == number)
    )
    return session.scalars(query).one_or_none()


def page_marks(session: Session, document_id: int) -> list[PageMark]:
    """Return the selected pages of a document with their numbers of seals."""
    seals = func.count(Region.id)
    query = (
        select(Page.number, Page.state, seals)
        .outerjoin(Region, (Region.reading_id == Page.reading_id) & (Region.label == "seal"))
        .where(Page.document_id == document_id)
        .group_by(Page.number, Page.state)
        .order_by(Page.number)
    )
    return [PageMark(*row) for row in session.execute(query)]


def _regions(session: Session, reading_id: int) -> tuple[SeenRegion, ...]:
    of_reading = Region.reading_id == reading_id
    regions = session.scalars(select(Region).where(of_reading).order_by(Region.number)).all()
    lines = session.scalars(select(Line).join(Region).where(of_reading).order_by(Line.number)).all()
    fields = session.scalars(select(Field).join(Region).where(of_reading).order_by(Field.id)).all()
    corrected = corrected_texts(session, [line.id for line in lines])
    return tuple(
        SeenRegion(
            row=region,
            lines=tuple(
                SeenLine(line, corrected.get(line.id))
                for line in lines
                if line.region_id == region.id
            ),
            fields=tuple(field for field in fields if field.region_id == region.id),
        )
        for region in regions
    )
