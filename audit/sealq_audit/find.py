"""Find seals by what they say, the best match first, over all jobs.

The index finds parts of texts and knows no errors. With at most k wrong characters in a text, one
of k + 1 parts of it is right: those parts are looked up, and what they bring is compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from sealq_audit.likeness import likeness
from sealq_storage.readings import FieldName
from sealq_storage.seals import Said, SealPlace, places_of, sayings_of
from sealq_storage.search import Within, find_regions, searchable

#: Most seals that are compared for each part of a text.
CANDIDATES = 5000

#: One wrong character is allowed in so many, and no more than so many in all.
_CHARACTERS_PER_ERROR, _MOST_ERRORS = 5, 3
#: A shorter text has to be right: with an error it could be any.
_LEAST_CHARACTERS = 4


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Attributes:
        text: What a seal says, or a part of it.
        field: Only in fields of this name; None: in all that seals say.
        job_id: Only in this job; None: in all.
        fuzzy: Whether wrong characters are allowed.
        limit: Most matches that are returned.
    """

    text: str
    field: FieldName | None = None
    job_id: str | None = None
    fuzzy: bool = True
    limit: int = 50


@dataclass(frozen=True)
class Match:
    """A seal that says it.

    Attributes:
        said: The text that fits best.
        score: 1 where the text is in it, less by its errors.
    """

    place: SealPlace
    said: Said
    score: float


@dataclass(frozen=True)
class Found:
    """Matches, the best first.

    Attributes:
        complete: Whether all seals that say it were compared.
    """

    matches: tuple[Match, ...]
    complete: bool


def find_seals(session: Session, wanted: Wanted) -> Found:
    """Find seals by what they say.

    Raises:
        MissingExtraError: Wrong characters are allowed; the library that weighs them is missing.
    """
    within = Within(wanted.job_id, wanted.field)
    exact = find_regions(session, wanted.text, CANDIDATES + 1, within)
    regions = set(exact[:CANDIDATES])
    if wanted.fuzzy:
        for part in _parts(searchable(wanted.text)):
            regions.update(find_regions(session, part, CANDIDATES, within))
    best = _best(sayings_of(session, regions), wanted)
    matches = _placed(session, best, wanted)
    return Found(tuple(matches), complete=len(exact) <= CANDIDATES)


@dataclass(frozen=True, order=True)
class _Fit:
    """How well a text fits; the better, the smaller."""

    #: 0 to 1.
    missing: float
    #: Characters of the text.
    length: int

    @property
    def score(self) -> float:
        return 1 - self.missing


def _best(sayings: Mapping[int, list[Said]], wanted: Wanted) -> list[tuple[_Fit, int, Said]]:
    """Return the regions that fit, each with its best text, the best first."""
    needle, least = searchable(wanted.text), _least_score(searchable(wanted.text))
    best = []
    for region_id, said in sayings.items():
        fits = [(_fit(needle, searchable(each.text), wanted), each) for each in said]
        named = [fit for fit in fits if wanted.field in {None, fit[1].name}]
        fit, text = min(named, key=lambda each: each[0], default=(_NO_FIT, Said(None, "")))
        if fit.score >= (least if wanted.fuzzy else 1):
            best.append((fit, region_id, text))
    return sorted(best, key=lambda each: each[:2])


_NO_FIT = _Fit(1.0, 0)


def _fit(needle: str, text: str, wanted: Wanted) -> _Fit:
    if needle in text:
        return _Fit(0.0, len(text))
    if not wanted.fuzzy:
        return _NO_FIT
    return _Fit(round(1 - likeness(needle, text), 4), len(text))


def _errors(needle: str) -> int:
    """Return how many characters of a text may be wrong."""
    if len(needle) < _LEAST_CHARACTERS:
        return 0
    return max(1, min(_MOST_ERRORS, len(needle) // _CHARACTERS_PER_ERROR))


def _least_score(needle: str) -> float:
    # A wrong character takes one from each of two texts of that length.
    return 1 - (_errors(needle) + 0.01) / max(1, len(needle))


def _parts(needle: str) -> Iterator[str]:
    """Yield parts of a text of which one is right where no more than the allowed is wrong."""
    number = _errors(needle) + 1
    if number > 1:
        for part in range(number):
            yield needle[part * len(needle) // number : (part + 1) * len(needle) // number]


def _placed(
    session: Session, best: list[tuple[_Fit, int, Said]], wanted: Wanted
) -> Iterator[Match]:
    """Yield a match for each place of the best regions, as many as are wanted."""
    left = best[: wanted.limit]
    places = places_of(session, [region_id for _, region_id, _ in left], wanted.job_id)
    matches = (
        Match(place, said, fit.score)
        for fit, region_id, said in left
        for place in places.get(region_id, [])
    )
    for _, match in zip(range(wanted.limit), matches, strict=False):
        yield match
