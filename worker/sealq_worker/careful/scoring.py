"""Bring several readings of the same text together.

Every view of a text is read by itself. Characters of different views that stand at the same place
are the same character: what most of the views see there, weighed by how sure each is, is kept, and
its score says how far they agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from sealq_worker.careful.models import Recognised
from sealq_worker.careful.observation import Candidate, Place, Point, Rivals

#: Share of a text's own pitch within which two characters stand at the same place.
_SAME_PLACE = 0.5

#: By how much less sure the characters beside a gap are in which one more should stand.
_DOUBT = 0.5

#: Pitch where a single character tells none, in the common unit.
_GUESSED_PITCH = 0.05

#: Share of the views that must see a character for it to be one.
_MAJORITY = 0.5


#: Characters that are put into one gap at most, how many of the likeliest are looked at in each
#: view, and the mean probability that one needs.
_MOST_MISSING, _CHOICES, _FAINTEST = 3, 4, 0.03

#: Most rivals of a character, and the least probability of one.
_LIKELIEST, _LEAST_RIVAL = 8, 0.001


@dataclass(frozen=True)
class Mark:
    """A character in one view.

    Attributes:
        at: Where it stands, in any unit common to all views.
        char: What it is.
        score: Its probability.
        rivals: What else it may be.
    """

    at: float
    char: str
    score: float
    rivals: Rivals = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """A line, and where it lies in the unit common to all views."""

    line: Recognised
    start: float = 0.0
    span: float = 1.0

    @property
    def marks(self) -> list[Mark]:
        """The line's characters, spaces left out."""
        return marks_of(self.line, self.start, self.span)


def any_sure(views: Mapping[str, Placed]) -> bool:
    """Whether some view of a line was read surely: others would show the same."""
    return any(placed.line.sure for placed in views.values())


def marks_of(line: Recognised, start: float = 0.0, span: float = 1.0) -> list[Mark]:
    """Return a line's characters, spaces left out.

    Args:
        line: As recognised.
        start: Where the line's left edge lies in the common unit.
        span: Its length in that unit.
    """
    found = zip(line.at, line.text, line.characters, _rivals(line), strict=True)
    return [
        Mark(start + at * span, char, score, others)
        for at, char, score, others in found
        if not char.isspace()
    ]


def consensus(views: Sequence[Sequence[Mark]]) -> list[Mark]:
    """Return what the views agree on: each character with the mean of its scores over all views.

    Args:
        views: The same text, seen several times; each from left to right.
    """
    seen = [view for view in views if view]
    if not seen:
        return []
    reach = _SAME_PLACE * min(_pitch(view) for view in seen)
    found = [_agreed(column, len(views)) for column in _columns(seen, reach)]
    return [mark for mark in found if mark is not None]


def filled(marks: Sequence[Mark], lines: Sequence[Placed]) -> list[Mark]:
    """Put into gaps of a text the characters that are likeliest there.

    Characters on seals stand equally far apart: where two of them stand twice as far from each
    other there is one more, however faintly the recogniser saw it.

    Args:
        marks: From left to right.
        lines: The views from which they come.

    Returns:
        The text; where a gap stays empty, the characters beside it lose half of their scores.
    """
    pitch = _pitch(marks)
    whole = list(marks[:1])
    for before, after in pairwise(marks):
        missing = max(0, min(_MOST_MISSING, round((after.at - before.at) / pitch - 0.15) - 1))
        step = (after.at - before.at) / (missing + 1)
        found = [_likeliest(before.at + (i + 1) * step, 0.4 * step, lines) for i in range(missing)]
        doubt = _DOUBT if None in found else 1.0
        whole[-1] = replace(whole[-1], score=whole[-1].score * doubt)
        whole += [mark for mark in found if mark is not None]
        whole.append(replace(after, score=after.score * doubt))
    return whole


def candidate(
    place: Place, marks: Sequence[Mark], polygon: tuple[Point, ...], source: str
) -> Candidate:
    """Return characters as one reading."""
    scores = tuple(mark.score for mark in marks)
    return Candidate(
        place=place,
        text="".join(mark.char for mark in marks),
        score=sum(scores) / len(scores) if scores else 0.0,
        polygon=polygon,
        source=source,
        characters=scores,
        rivals=tuple(mark.rivals for mark in marks) if any(mark.rivals for mark in marks) else (),
    )


def ranked(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return different texts, best first: the surest reading of each, the commonest text first.

    A text's rank is the sum of its readings' scores; of equal texts only the surest stays.
    """
    weight: defaultdict[str, float] = defaultdict(float)
    best: dict[str, Candidate] = {}
    for each in candidates:
        if each.text:
            weight[each.text] += each.score
            if each.text not in best or each.score > best[each.text].score:
                best[each.text] = each
    return tuple(sorted(best.values(), key=lambda each: -weight[each.text]))


def _rivals(line: Recognised) -> list[dict[str, float]]:
    """Return what else each character may be, by its own step."""
    steps = line.matrix[(np.array(line.at) * len(line.matrix)).astype(int)]
    found = []
    for step, char in zip(steps, line.text, strict=True):
        likely = 1 + np.flatnonzero(step[1:] >= _LEAST_RIVAL)
        likeliest = likely[np.argsort(-step[likely])][:_LIKELIEST]
        seen = {line.alphabet[index]: float(step[index]) for index in likeliest}
        found.append({other: p for other, p in seen.items() if other != char and other.strip()})
    return found


def _likeliest(at: float, reach: float, lines: Sequence[Placed]) -> Mark | None:
    """Return the likeliest character near a place, with the mean of its probabilities."""
    total: defaultdict[str, float] = defaultdict(float)
    for each in lines:
        matrix, alphabet = each.line.matrix, each.line.alphabet
        ends = ((at + side * reach - each.start) / each.span * len(matrix) for side in (-1, 1))
        first, last = (round(end) for end in ends)
        near = matrix[max(0, first) : max(0, last) + 1, 1:]
        if len(near):
            best = near.max(axis=0)
            for index in np.argsort(-best)[:_CHOICES]:
                total[alphabet[index + 1]] += float(best[index])
    seen = {char: score / len(lines) for char, score in total.items() if not char.isspace()}
    best_char = max(seen, key=lambda char: seen[char], default="")
    if seen.get(best_char, 0.0) < _FAINTEST:
        return None
    return Mark(at, best_char, seen[best_char])


def _pitch(view: Sequence[Mark]) -> float:
    """Return the middle distance between neighbours; of a single character a guess."""
    gaps = sorted(b.at - a.at for a, b in pairwise(view))
    return gaps[(len(gaps) - 1) // 2] if gaps else _GUESSED_PITCH


def _columns(views: Sequence[Sequence[Mark]], reach: float) -> list[list[Mark]]:
    """Return marks that stand at the same place, place after place."""
    tagged = sorted(
        ((mark, number) for number, view in enumerate(views) for mark in view),
        key=lambda each: each[0].at,
    )
    columns: list[list[Mark]] = []
    members: set[int] = set()
    for mark, number in tagged:
        if columns and number not in members and mark.at - columns[-1][0].at <= reach:
            columns[-1].append(mark)
            members.add(number)
        else:
            columns.append([mark])
            members = {number}
    return columns


def _agreed(column: Sequence[Mark], views: int) -> Mark | None:
    if len(column) < _MAJORITY * views:
        return None
    weight: defaultdict[str, float] = defaultdict(float)
    for mark in column:
        for char, score in ((mark.char, mark.score), *mark.rivals.items()):
            weight[char] += score / views
    best = max((mark.char for mark in column), key=lambda char: weight[char])
    score = weight.pop(best)
    rivals = weight if any(mark.rivals for mark in column) else {}
    return Mark(sum(mark.at for mark in column) / len(column), best, score, rivals)
