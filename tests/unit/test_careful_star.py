"""A star in a seal's middle tells how the seal is turned."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sealq_worker.careful.star import star_in, star_turn

SIDE = 480
MIDDLE = (SIDE - 1) / 2


def star(turn: float, *, centre: tuple[float, float] = (MIDDLE, MIDDLE)) -> NDArray[np.uint8]:
    """Return a five-pointed star, turned counter-clockwise by degrees, in ink of 0 and 1."""
    angles = np.radians(90 + turn + 36 * np.arange(10))
    reach = np.where(np.arange(10) % 2, 0.38, 1.0) * 75
    x, y = centre[0] + reach * np.cos(angles), centre[1] - reach * np.sin(angles)
    ink = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(ink, [np.rint(np.stack([x, y], axis=1)).astype(np.int32)], (1,))
    return ink


@pytest.mark.parametrize("turn", [-35, -20, -3, 0, 8, 30])
def test_a_turned_star_is_to_be_turned_back(turn: int) -> None:
    assert star_turn(star(turn)) == pytest.approx(-turn, abs=1)


def test_print_across_a_star_hardly_moves_it() -> None:
    ink = star(12)
    ink[200:206] = 1
    ink[:, 300:304] = 1
    assert star_turn(ink) == pytest.approx(-12, abs=4)


def test_a_round_emblem_tells_nothing() -> None:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(ink, (round(MIDDLE), round(MIDDLE)), 60, (1,), -1)
    assert star_turn(ink) is None


def test_a_star_off_the_middle_is_another_ones() -> None:
    assert star_turn(star(0, centre=(MIDDLE + 60, MIDDLE))) is None


def test_no_ink_is_no_star() -> None:
    assert star_turn(np.zeros((SIDE, SIDE), np.uint8)) is None


def test_strokes_of_characters_are_no_star() -> None:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[100:110, 100:380] = 1
    assert not star_in(ink).any()
