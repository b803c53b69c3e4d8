"""How seals look, in two numbers: equal where a picture was pasted, near where they look alike.

Nothing here sees a picture: a worker makes the numbers when it reads (`sealq_worker.impression`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from sealq_storage.sql.search_tables import Impression
from sealq_storage.sql.tables import Page, Reading, Region

#: Bits of a look.
LOOK_BITS = 64

#: Rows fetched from the database at a time.
FETCH_ROWS = 10_000


@dataclass(frozen=True)
class NewImpression:
    """How a seal looks."""

    #: Of the seal's own pixels.
    pixels_sha256: str
    #: Perceptual hash, 0 to 2**64 - 1.
    look: int


@dataclass(frozen=True)
class Alike:
    """A region that looks like another."""

    region_id: int
    #: Bits in which the looks differ; 0 may still be another picture.
    distance: int
    #: Whether all pixels are the same.
    identical: bool


def save_impressions(session: Session, of_region: Mapping[int, NewImpression | None]) -> None:
    """Store how these new regions look, where that is known."""
    rows = [
        {"region_id": id_, "pixels_sha256": new.pixels_sha256, "look": _signed(new.look)}
        for id_, new in of_region.items()
        if new is not None
    ]
    if rows:
        session.execute(insert(Impression), rows)


def impressions_of(session: Session, region_ids: Collection[int]) -> dict[int, NewImpression]:
    """Return how these regions look, those of which that is known."""
    query = select(Impression).where(Impression.region_id.in_(region_ids))
    return {
        row.region_id: NewImpression(row.pixels_sha256, row.look % (1 << LOOK_BITS))
        for row in session.scalars(query)
    }


def regions_alike(session: Session, wanted: NewImpression, most: int) -> Iterator[Alike]:
    """Yield all regions that look like one, itself among them.

    Goes through the looks of all seals, a million in about a second: no index knows distances.

    Args:
        session: Where they are.
        wanted: How it looks.
        most: Bits in which a look may differ.
    """
    columns = (Impression.region_id, Impression.pixels_sha256, Impression.look)
    rows = session.execute(select(*columns).execution_options(yield_per=FETCH_ROWS))
    look = _signed(wanted.look)
    for region_id, sha256, other in rows:
        # Two signed numbers differ in the bits in which their bits differ, sign and all.
        distance = ((look ^ other) % (1 << LOOK_BITS)).bit_count()
        if distance <= most:
            yield Alike(region_id, distance, identical=sha256 == wanted.pixels_sha256)


def pasted_groups(session: Session, job_id: str | None = None) -> Iterator[list[int]]:
    """Yield the regions of each picture that stands in files of different content.

    Args:
        session: Where they are.
        job_id: Only groups with a seal of this job; they show the seals of other jobs too.
    """
    for sha256 in session.scalars(_pasted_pixels(job_id)).all():
        query = select(Impression.region_id).where(Impression.pixels_sha256 == sha256)
        yield list(session.scalars(query.order_by(Impression.region_id)))


def _pasted_pixels(job_id: str | None) -> Select[str]:
    """Return the pictures that several files hold, the commonest first."""
    files = func.count(Reading.content_sha256.distinct())
    query = (
        select(Impression.pixels_sha256)
        .join(Region, Region.id == Impression.region_id)
        .join(Reading, Reading.id == Region.reading_id)
        .group_by(Impression.pixels_sha256)
        .having(files > 1)
        .order_by(files.desc(), Impression.pixels_sha256)
    )
    if job_id is None:
        return query
    of_job = (
        select(Impression.pixels_sha256)
        .join(Region, Region.id == Impression.region_id)
        .join(Page, Page.reading_id == Region.reading_id)
        .where(Page.job_id == job_id)
    )
    return query.where(Impression.pixels_sha256.in_(of_job))


def _signed(look: int) -> int:
    """Return 64 bits as the databases keep them: their whole numbers have a sign."""
    return look - (1 << LOOK_BITS) if look >> (LOOK_BITS - 1) else look
