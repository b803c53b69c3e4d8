"""Straight lines inside a seal are found once it is upright, and brought level."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sealq_worker.careful.lines import find_lines, levelling, rules_in, spans_of

Mask = NDArray[np.uint8]


def written(*boxes: tuple[int, int, int, int]) -> Mask:
    """Draw lines of five empty boxes each, as characters with strokes are."""
    ink = np.zeros((480, 480), np.uint8)
    for x1, y1, x2, y2 in boxes:
        step = (x2 - x1) / 5
        for i in range(5):
            left = round(x1 + i * step)
            cv2.rectangle(ink, (left, y1), (left + round(0.8 * step), y2), (1,), 6)
    return ink


LINES = ((140, 200, 340, 245), (120, 300, 360, 345))


def test_lines_are_found_from_top_to_bottom() -> None:
    found = find_lines(written(*LINES))
    assert len(found) == 2
    for box, (x1, y1, x2, y2) in zip(found, LINES, strict=True):
        assert box == pytest.approx((x1, y1, x2, y2), abs=12)


def test_a_star_is_no_line() -> None:
    ink = written(LINES[1])
    cv2.circle(ink, (240, 200), 50, (1,), -1)
    assert len(find_lines(ink)) == 1


def test_a_drawing_in_the_middle_is_no_part_of_the_line_that_it_touches() -> None:
    ink = written(LINES[1])
    cv2.circle(ink, (240, 236), 55, (1,), 6)
    [box] = find_lines(ink)
    assert box == pytest.approx(LINES[1], abs=12)


def test_a_line_that_ran_together_is_a_line() -> None:
    """Smudged, or stamped twice: no stroke is left, but where it stands is no star."""
    ink = written(LINES[0])
    for left in (160, 215, 270):
        cv2.rectangle(ink, (left, 320), (left + 45, 365), (1,), -1)
    assert [box[1] for box in find_lines(ink)] == pytest.approx([LINES[0][1], 320], abs=6)


def test_a_line_that_lacks_a_character_is_one_line() -> None:
    ink = written(LINES[1])
    ink[:, 215:265] = 0
    assert len(find_lines(ink)) == 1


def test_a_line_is_as_long_to_both_sides_of_the_seals_middle() -> None:
    """Its last character has worn off: there is still a place to read it."""
    ink = written(LINES[1])
    ink[:, 305:] = 0
    [box] = find_lines(ink)
    assert box[[0, 2]] == pytest.approx((120, 360), abs=4)


def test_a_bar_across_is_no_line() -> None:
    ink = written(LINES[1])
    ink[200:215, 60:420] = 1
    assert len(find_lines(ink)) == 1


@pytest.mark.parametrize("angle", [-18, 12, 20])
def test_slanting_lines_are_brought_level(angle: int) -> None:
    matrix = cv2.getRotationMatrix2D((240, 240), angle, 1.0)
    slanting = np.asarray(cv2.warpAffine(written(*LINES), matrix, (480, 480)), np.uint8)
    turn, sharpness = levelling(slanting)
    assert turn == pytest.approx(-angle, abs=2)
    assert sharpness > 0.5 * levelling(written(*LINES))[1]


def test_level_lines_stay_as_they_are() -> None:
    assert levelling(written(*LINES))[0] == 0.0


def test_bars_are_rules_and_characters_are_none() -> None:
    ink = written(LINES[0])
    ink[270:276, 20:460] = 1
    rules = rules_in(ink)
    assert rules[270:276, 20:460].all()
    assert not rules[195:250].any()


def test_a_profile_falls_into_its_lines() -> None:
    profile = np.zeros(100)
    profile[10:30] = 0.5
    profile[50:80] = 0.4
    profile[90:92] = 0.4  # too low for a line
    assert spans_of(profile, 5, 0.1) == [(10, 30), (50, 80)]
