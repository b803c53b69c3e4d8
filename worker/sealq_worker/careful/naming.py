"""Which of the characters read along a whole ring are its name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from sealq_worker.careful.scoring import Mark

#: Score that a character of a name has at least, on average: below is the bottom's text, upside
#: down, or dirt.
LEAST_MARK = 0.3

#: Distance between neighbours, in the name's pitches and as a share of the ring, that ends it.
_FAR_APART, _FAR = 2.8, 0.13
#: Figures in a row that are the bottom's number, upside down.
_FIGURES = 4


def name_of(marks: Sequence[Mark]) -> list[Mark]:
    """Return the characters that are the name: the weightiest run without a wide gap.

    Args:
        marks: Along the strip, from left to right; places as shares of the ring.
    """
    runs = [heaviest(part) for run in _without_numbers(marks) for part in _runs(run)]
    return _without_end_figures(max(runs, key=weight_of, default=[]))


def weight_of(marks: Sequence[Mark]) -> float:
    """Return how much was read: the sum of what scores exceed the least one by."""
    return sum(mark.score - LEAST_MARK for mark in marks)


def score_of(marks: Sequence[Mark]) -> float:
    """Return the mean score."""
    return sum(mark.score for mark in marks) / len(marks)


def heaviest(run: Sequence[Mark]) -> list[Mark]:
    """Return the consecutive marks of greatest weight."""
    best, so_far, start, kept = 0.0, 0.0, 0, (0, 0)
    for end, mark in enumerate(run):
        if so_far <= 0:
            so_far, start = 0.0, end
        so_far += mark.score - LEAST_MARK
        if so_far > best:
            best, kept = so_far, (start, end + 1)
    return list(run[kept[0] : kept[1]])


def _without_numbers(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Split marks at rows of figures, and drop these, unless there is nothing else."""
    if all(mark.char.isdigit() for mark in marks):
        return [list(marks)] if marks else []
    parts: list[list[Mark]] = [[]]
    figures: list[Mark] = []
    for mark in [*marks, Mark(2.0, "", 0.0)]:
        if mark.char.isdigit():
            figures.append(mark)
            continue
        if len(figures) >= _FIGURES:
            parts.append([])
        else:
            parts[-1] += figures
        figures = []
        parts[-1] += [mark] if mark.char else []
    return [part for part in parts if part]


def _without_end_figures(run: list[Mark]) -> list[Mark]:
    """Drop what the bottom's number left at the ends of a name that is not in Latin letters."""
    if sum(mark.char.isascii() for mark in run) >= len(run) / 2:
        return run
    letters = [i for i, mark in enumerate(run) if not mark.char.isdigit()]
    return run[letters[0] : letters[-1] + 1]


def _runs(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Split marks where neighbours stand far apart."""
    gaps = [after.at - before.at for before, after in pairwise(marks)]
    limit = max(_FAR, _FAR_APART * float(np.median(gaps))) if gaps else _FAR
    runs = [[marks[0]]]
    for gap, mark in zip(gaps, marks[1:], strict=True):
        if gap > limit:
            runs.append([])
        runs[-1].append(mark)
    return runs
