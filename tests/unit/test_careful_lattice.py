"""Where the characters of a square seal's columns stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from sealq_worker.careful.lattice import layouts_of

#: Sides of a field in pixels.
HIGH, WIDE = 240, 236


def field(counts: Sequence[int]) -> NDArray[np.uint8]:
    """Return columns of blots, so many in each from the right; each column fills the field."""
    ink = np.zeros((HIGH, WIDE), np.uint8)
    for (x1, x2), count in zip(edges(WIDE, len(counts)), counts[::-1], strict=True):
        for y1, y2 in edges(HIGH, count):
            aside, above = (x2 - x1) // 10, (y2 - y1) // 10
            ink[y1 + above : y2 - above, x1 + aside : x2 - aside] = 1
    return ink


def edges(length: int, count: int) -> list[tuple[int, int]]:
    return list(pairwise(np.linspace(0, length, count + 1).round().astype(int).tolist()))


def columns_in(ink: NDArray[np.uint8]) -> list[int]:
    """Return how many characters the likeliest layout has in each column, in reading order."""
    (cells, *_) = layouts_of(ink)
    lefts = [cell[0] for cell in cells]
    return [lefts.count(left) for left in dict.fromkeys(lefts)]


@pytest.mark.parametrize(
    "counts",
    [
        (5, 5, 5, 3),
        (4, 4, 4, 4),
        (5, 5, 5, 2),
        (5, 5, 3),
        (4, 4, 2),
        (6, 6, 6, 6, 5),
        (2, 2),
        (2, 1),
    ],
)
def test_columns_are_cut_into_as_many_characters_as_stand_in_them(counts: Sequence[int]) -> None:
    assert columns_in(field(counts)) == list(counts)


def test_characters_come_column_by_column_from_the_right() -> None:
    (cells, *_) = layouts_of(field((4, 4, 4)))
    middles = [((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in cells]
    assert middles == sorted(middles, key=lambda at: (-round(at[0] / 60), at[1]))
    assert middles[0][0] > WIDE * 2 / 3
    assert middles[0][1] < HIGH / 4


def test_cells_leave_nothing_out_and_hardly_overlap() -> None:
    ink = field((5, 5, 5, 3))
    (cells, *_) = layouts_of(ink)
    times = np.zeros(ink.shape, int)
    for x1, y1, x2, y2 in cells:
        times[y1:y2, x1:x2] += 1
    assert times[ink == 1].min() == 1
    assert (times[ink == 1] > 1).mean() < 0.1


def test_a_slim_field_may_be_one_column() -> None:
    assert columns_in(field((3,))[:, 80:160]) == [3]


def test_a_line_of_print_across_the_seal_does_not_hide_its_columns() -> None:
    ink = field((5, 5, 5, 4))
    ink[100:112, ::2] = 1
    assert columns_in(ink) == [5, 5, 5, 4]


def test_lines_without_columns_have_none() -> None:
    rng = np.random.default_rng(5)
    ink = np.zeros((HIGH, WIDE), np.uint8)
    for top in (30, 100, 170):
        ink[top : top + 40] = rng.random((40, WIDE)) < 0.5
    assert layouts_of(ink) == []


def test_an_empty_field_has_no_columns() -> None:
    assert layouts_of(np.zeros((HIGH, WIDE), np.uint8)) == []
