"""Seals by the number of their region: where they stand, and what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from sealq_storage.objects.keys import PICTURE_ENDING, region_picture
from sealq_storage.sql.search_tables import SealText
from sealq_storage.sql.tables import Document, Field, Line, Page, Reading, Region

#: Numbers that a statement takes at a time.
BATCH = 1000


@dataclass(frozen=True)
class SealPlace:
    """A seal on a page of a document. A region has one for each document with the page's content.

    Attributes:
        document: As the user named it.
        sha256: Of the document's content.
        page: From 1.
        seal: Number of the region on its page.
        picture: Object key of the seal's picture; None: there is none.
    """

    region_id: int
    job_id: str
    document_id: int
    document: str
    sha256: str
    page: int
    seal: int
    picture: str | None


@dataclass(frozen=True)
class Said:
    """A text of a seal.

    Attributes:
        name: Of the field, `readings.FieldName`; None for a line.
    """

    name: str | None
    text: str


def places_of(
    session: Session, region_ids: Collection[int], job_id: str | None = None
) -> dict[int, list[SealPlace]]:
    """Return where these regions stand, each by document and page.

    Args:
        session: Where they are.
        region_ids: Which.
        job_id: Only in this job; None: in all, the newest first.
    """
    places: defaultdict[int, list[SealPlace]] = defaultdict(list)
    for ids in _batches(region_ids):
        query = _PLACES.where(Region.id.in_(ids))
        if job_id is not None:
            query = query.where(Page.job_id == job_id)
        for place in map(_place, session.execute(query)):
            places[place.region_id].append(place)
    return places


@dataclass(frozen=True)
class NamedDocument:
    """A document that goes by a name, and the job in which it does."""

    id: int
    job_id: str
    source: str
    sha256: str | None


def documents_named(session: Session, name: str, job_id: str | None = None) -> list[NamedDocument]:
    """Return the documents of this name, or if there are none, those whose name ends in it.

    Args:
        session: Where they are.
        name: As it was given to sealq, or the end of it behind a slash.
        job_id: Only in this job; None: in all, the newest first.
    """
    columns = (Document.id, Document.job_id, Document.source, Document.sha256)
    query = select(*columns).order_by(Document.job_id.desc(), Document.id)
    if job_id is not None:
        query = query.where(Document.job_id == job_id)
    ending = Document.source.endswith(f"/{name}", autoescape=True)
    for condition in (Document.source == name, ending):
        if rows := session.execute(query.where(condition)).all():
            return [NamedDocument(*row) for row in rows]
    return []


def regions_of_document(
    session: Session, document_id: int, page: int | None = None, seal: int | None = None
) -> list[int]:
    """Return the seals of a document, of one of its pages, or the one of that number."""
    query = (
        select(Region.id)
        .join(Page, Page.reading_id == Region.reading_id)
        .where(Page.document_id == document_id, Region.label == "seal")
        .order_by(Page.number, Region.number)
    )
    if page is not None:
        query = query.where(Page.number == page)
    if seal is not None:
        query = query.where(Region.number == seal)
    return list(session.scalars(query))


def searched_texts(session: Session, region_ids: Collection[int]) -> dict[int, list[str]]:
    """Return what these regions say, in the form in which it is compared."""
    texts = {}
    for ids in _batches(region_ids):
        query = select(SealText.region_id, SealText.text).where(SealText.region_id.in_(ids))
        for region_id, text in session.execute(query):
            texts[region_id] = text.split()
    return texts


def sayings_of(session: Session, region_ids: Collection[int]) -> Mapping[int, list[Said]]:
    """Return what these regions say as it was read: fields first, then lines."""
    sayings: defaultdict[int, list[Said]] = defaultdict(list)
    for ids in _batches(region_ids):
        fields = select(Field.region_id, Field.name, Field.text).order_by(Field.id)
        said = fields.where(Field.region_id.in_(ids), Field.text.is_not(None))
        for region_id, name, text in session.execute(said):
            sayings[region_id].append(Said(name, text or ""))
        lines = select(Line.region_id, Line.text).where(Line.region_id.in_(ids))
        for region_id, text in session.execute(lines.order_by(Line.region_id, Line.number)):
            sayings[region_id].append(Said(None, text))
    return sayings


_PLACES = (
    select(
        *(Region.id, Page.job_id, Document.id, Document.source, Reading.content_sha256),
        *(Page.number, Region.number, Reading.object_prefix, Reading.pictures),
    )
    .join(Reading, Reading.id == Region.reading_id)
    .join(Page, Page.reading_id == Reading.id)
    .join(Document, Document.id == Page.document_id)
    .order_by(Page.job_id.desc(), Document.id, Page.number)
)


def _place(row: Row[int, str, int, str, str, int, int, str, list[str]]) -> SealPlace:
    region_id, job_id, document_id, document, sha256, page, seal, prefix, pictures = row
    picture = _picture(prefix, pictures, seal)
    return SealPlace(region_id, job_id, document_id, document, sha256, page, seal, picture)


def _picture(prefix: str, stored: Sequence[str], seal: int) -> str | None:
    """Return the key of the seal as it was rendered, or else with its texts drawn."""
    names = (f"{region_picture(seal)}{PICTURE_ENDING}", f"seal_res_region{seal}{PICTURE_ENDING}")
    return next((f"{prefix}/{name}" for name in names if name in stored), None)


def _batches(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
