"""The characters of a field that is full of them: equal columns, read from the right.

Gaps between columns are hard to see where print lies across a seal. But the columns of a company's
square seal are equally wide, and all but the last have as many characters: what fits all the gaps
at once is looked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.lines import spans_of

Mask = NDArray[np.uint8]
Profile = NDArray[np.float64]

#: x1, y1, x2, y2 in a field's pixels.
Box = tuple[int, int, int, int]

#: Columns that are tried, and characters of one.
_COLUMNS, _ROWS = range(1, 6), range(1, 9)

#: Share of a pitch by which a gap may be off its place.
_SLIP = 0.13
#: Share of a profile's fullest entries below which there is nothing.
_NOTHING = 0.12
#: How much less ink there is in the gaps than elsewhere, at least, for there to be columns.
_CLEAR = 0.35
#: Higher to wider, of a character in a full column.
_ASPECTS = (0.55, 1.9)
#: By how much a division must be clearer for characters that are e times as high as wide, or as
#: wide as high.
_SQUARE = 0.3
#: By how much clearer a division into fewer characters must be, each: the gaps of two are among
#: those of four.
_FINER = 0.03
#: How much less clear a division may be than the best and still be tried; divisions tried at most.
_NEARLY, _TRIED = 0.25, 2
#: Ways that are returned, at most.
_LAYOUTS = 3
#: How clear it is that a character stands alone: no gap says so.
_ALONE = 0.5
#: Share of a pitch by which a cell is larger than what lies between two gaps.
_PAD = 0.04


@dataclass(frozen=True)
class _Cuts:
    """A profile cut into equal parts.

    Attributes:
        edges: Entries, from the first part's start to the last one's end.
        clear: Share by which there is less ink at the cuts within than elsewhere; 0 to 1.
    """

    edges: tuple[int, ...]
    clear: float

    @property
    def count(self) -> int:
        """Parts."""
        return len(self.edges) - 1

    @property
    def pitch(self) -> float:
        """Entries of a part, on average."""
        return (self.edges[-1] - self.edges[0]) / self.count


def layouts_of(ink: Mask) -> list[tuple[Box, ...]]:
    """Return how the characters of a field in columns may stand, the likeliest way first.

    Args:
        ink: (h, w), 0 and 1; upright, no frame.

    Returns:
        Each way the characters' boxes in reading order; no way where there are no columns.
    """
    across = _likely(_cuts(ink.mean(axis=0), _COLUMNS), _worth)
    ways = [
        (_worth(columns) + _worth(rows) + _worth(end), columns, rows.count, end.count)
        for columns in across
        if columns.clear >= _CLEAR
        for rows, end in _in_columns(ink, columns)
        if rows.count > 1
    ]
    best = sorted(ways, key=lambda way: way[0], reverse=True)[:_LAYOUTS]
    return [_cells(ink, columns, rows, end) for _, columns, rows, end in best]


def _in_columns(ink: Mask, columns: _Cuts) -> list[tuple[_Cuts, _Cuts]]:
    """Return how the full columns, and the last one, may be divided into characters."""
    start, first, *_ = columns.edges
    if columns.count == 1:
        return [(rows, rows) for rows in _divisions(ink[:, start:first], columns.pitch)]
    full = _divisions(ink[:, first : columns.edges[-1]], columns.pitch)
    last = _divisions(ink[:, start:first], None)
    return [(rows, few) for rows in full for few in last if few.count <= rows.count]


def _divisions(ink: Mask, width: float | None) -> list[_Cuts]:
    """Return the likeliest divisions of columns into characters.

    Args:
        ink: Of the columns.
        width: Of each, where characters are about as high as wide: all but the last are full.
    """

    def worth(cuts: _Cuts) -> float:
        return _worth(cuts) - (_SQUARE * abs(math.log(cuts.pitch / width)) if width else 0.0)

    tried = _cuts(ink.mean(axis=1), _ROWS)
    return _likely([cuts for cuts in tried if width is None or _is_character(cuts, width)], worth)


def _is_character(cuts: _Cuts, width: float) -> bool:
    least, most = _ASPECTS
    return least * width <= cuts.pitch <= most * width


def _likely(tried: Sequence[_Cuts], worth: Callable[[_Cuts], float]) -> list[_Cuts]:
    """Return the best of some divisions, and what comes near it."""
    best = sorted(tried, key=worth, reverse=True)[:_TRIED]
    return [cuts for cuts in best if worth(cuts) >= worth(best[0]) - _NEARLY]


def _worth(cuts: _Cuts) -> float:
    return cuts.clear + _FINER * cuts.count


def _cuts(profile: Profile, counts: Iterable[int]) -> list[_Cuts]:
    """Cut what there is of a profile into so many parts, for each of some counts."""
    spans = spans_of(profile, 2, _NOTHING)
    if not spans:
        return [_Cuts((0, len(profile)), 0.0) for _ in counts]
    start, end = spans[0][0], spans[-1][1]
    return [_cut(profile, start, end, count) for count in counts]


def _cut(profile: Profile, start: int, end: int, count: int) -> _Cuts:
    """Cut a stretch of a profile into parts, each cut where there is least near its place."""
    pitch = (end - start) / count
    reach = max(1, int(_SLIP * pitch))
    inner = []
    for number in range(1, count):
        place = round(start + number * pitch)
        around = np.arange(max(start, place - reach), min(end, place + reach + 1))
        inner.append(int(around[profile[around].argmin()]))
    ridge = float(profile[start:end].mean())
    clear = 1 - float(np.mean(profile[inner])) / ridge if inner and ridge else _ALONE
    return _Cuts((start, *inner, end), clear)


def _cells(ink: Mask, columns: _Cuts, rows: int, last: int) -> tuple[Box, ...]:
    """Return the characters' boxes, column by column from the right."""
    sides = list(pairwise(columns.edges))[::-1]
    counts = [rows] * (len(sides) - 1) + [last]
    return tuple(
        cell
        for (left, right), count in zip(sides, counts, strict=True)
        for cell in _column(ink, left, right, count)
    )


def _column(ink: Mask, left: int, right: int, count: int) -> list[Box]:
    (cuts,) = _cuts(ink[:, left:right].mean(axis=1), [count])
    height, width = ink.shape
    aside, up = (max(1, int(_PAD * side)) for side in (right - left, cuts.pitch))
    return [
        (max(0, left - aside), max(0, y1 - up), min(width, right + aside), min(height, y2 + up))
        for y1, y2 in pairwise(cuts.edges)
    ]
