"""The same impression on several documents: pasted pictures, and seals that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from sealq_audit.likeness import likeness
from sealq_configs.errors import WrongUseError
from sealq_storage.impressions import NewImpression, impressions_of, pasted_groups, regions_alike
from sealq_storage.seals import (
    NamedDocument,
    SealPlace,
    documents_named,
    places_of,
    regions_of_document,
    searched_texts,
)

#: Bits of 64 in which the looks of two seals may differ. docs/find.md has what was measured.
ALIKE_BITS = 10
#: Seals that say other things are not alike, however they look: rings with a star all look much the
#: same. Characters from which a text says whose a seal is, and the least likeness of two such.
_TELLING_CHARACTERS, _LEAST_LIKENESS = 4, 0.8


class SealNotFoundError(WrongUseError):
    """There is no such seal. `sealq results` lists the seals of a job."""


@dataclass(frozen=True)
class Target:
    """The seals of a document, of one of its pages, or one of them."""

    document: str
    page: int | None = None
    seal: int | None = None

    def __str__(self) -> str:
        numbers = (number for number in (self.page, self.seal) if number is not None)
        return ":".join([self.document, *map(str, numbers)])


@dataclass(frozen=True)
class SameImpression:
    """A seal on another document that looks like one that was asked for.

    Attributes:
        like: The seal that was asked for.
        distance: Bits in which their looks differ.
        identical: Whether all their pixels are the same: one picture, pasted twice.
    """

    place: SealPlace
    like: SealPlace
    distance: int
    identical: bool


def parse_target(written: str) -> Target:
    """Read `DOCUMENT[:PAGE[:SEAL]]`; colons in a document's name are its own."""
    head, _, last = written.rpartition(":")
    if not (head and last.isdecimal()):
        return Target(written)
    document, _, page = head.rpartition(":")
    if document and page.isdecimal():
        return Target(document, int(page), int(last))
    return Target(head, int(last))


def same_impressions(
    session: Session, target: Target, job_id: str | None = None
) -> list[SameImpression]:
    """Return seals of documents of other content that look like these, pasted ones first.

    Args:
        session: Where they are.
        target: The seals that are asked for.
        job_id: Where the document is looked for, not where its likes are; None: in the newest job
            that has it.

    Raises:
        SealNotFoundError: No document is named so, several are, or it has no such seal.
    """
    document = _document(session, target.document, job_id)
    asked = regions_of_document(session, document.id, target.page, target.seal)
    looks = impressions_of(session, asked)
    if not looks:
        raise SealNotFoundError(
            f"{target} has no seal whose look is known: `sealq results` lists the seals; those of "
            "unwarped pages, and those read by sealq 0.1.0 or older, have none."
        )
    found = [
        same
        for region_id, look in looks.items()
        for same in _likes(session, document, region_id, look)
    ]
    return sorted(found, key=lambda same: (not same.identical, same.distance))


def pasted(session: Session, job_id: str | None = None) -> Iterator[list[SealPlace]]:
    """Yield the places of each picture of a seal that stands in files of different content.

    Args:
        session: Where they are.
        job_id: Only groups with a seal of this job; None: all.
    """
    for group in pasted_groups(session, job_id):
        places = places_of(session, group)
        yield [place for region_id in group for place in places[region_id]]


def _document(session: Session, name: str, job_id: str | None) -> NamedDocument:
    named = documents_named(session, name, job_id)
    sources = {document.source for document in named}
    if len(sources) > 1:
        few = ", ".join(sorted(sources)[:3])
        raise SealNotFoundError(f"{name}: several documents are named so: {few}. Write more of it.")
    if not named:
        raise SealNotFoundError(f"{name}: no document is named so. `sealq results` names them.")
    return named[0]


def _likes(
    session: Session, document: NamedDocument, asked: int, look: NewImpression
) -> Iterator[SameImpression]:
    """Yield the seals on other documents that look like one and say nothing else."""
    alike = list(regions_alike(session, look, ALIKE_BITS))
    ids = [each.region_id for each in alike]
    places, texts = places_of(session, [*ids, asked]), searched_texts(session, [*ids, asked])
    like = next(place for place in places[asked] if place.document_id == document.id)
    said = texts.get(asked, [])
    for each in alike:
        if each.identical or _agree(said, texts.get(each.region_id, [])):
            for place in places[each.region_id]:
                if place.sha256 != like.sha256:
                    yield SameImpression(place, like, each.distance, each.identical)


def _agree(texts: list[str], others: list[str]) -> bool:
    """Say whether two seals may be one company's; where either says too little, they may."""
    one, other = (max(said, key=len, default="") for said in (texts, others))
    if min(len(one), len(other)) < _TELLING_CHARACTERS:
        return True
    return max(likeness(one, other), likeness(other, one)) >= _LEAST_LIKENESS
