"""A seal's ink is told from print by colour, even where one lies over the other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sealq_worker.careful.ink import absorbance, inks_of, mask_of
from sealq_worker.careful.observation import Image

RED, BLUE, PURPLE, BLACK = (50, 40, 210), (190, 85, 45), (150, 50, 130), (40, 40, 40)
PRINT = (80, 80, 80)


def stamped(
    ink: tuple[int, int, int], *, paper: tuple[int, int, int] = (250, 250, 250), bar: bool = False
) -> Image:
    """Draw a ring; a bar of black print lies across it, through its left and right edge."""
    crop: Image = np.full((200, 200, 3), paper, np.uint8)
    cv2.circle(crop, (100, 100), 90, ink, 8)
    if bar:
        printed = np.full_like(crop, 255)
        cv2.rectangle(printed, (0, 90), (199, 110), PRINT, -1)
        crop = (crop.astype(float) * printed / 255).astype(np.uint8)
    return crop


def test_print_across_red_ink_is_left_out() -> None:
    found = inks_of(stamped(RED, bar=True))[0]
    assert found.ink == "red"
    # Print beside the ring, the ring beside print.
    assert not found.mask[93:107, 30:170].any()
    assert found.mask[8:13, 98:102].all()


def test_ink_under_print_that_is_not_pitch_black_is_still_seen() -> None:
    found = inks_of(stamped(RED, bar=True))[0]
    assert found.mask[98:103, 9:12].mean() > 0.5


@pytest.mark.parametrize(
    ("colour", "name"), [(RED, "red"), (BLUE, "blue"), (PURPLE, "purple"), (BLACK, "black")]
)
def test_inks_go_by_their_colours(colour: tuple[int, int, int], name: str) -> None:
    assert inks_of(stamped(colour))[0].ink == name


def test_coloured_paper_is_no_ink() -> None:
    found = inks_of(stamped(RED, paper=(170, 228, 246)))[0]
    assert found.ink == "red"
    assert not found.mask[60:140, 60:140].any()


def test_of_two_colours_both_are_offered() -> None:
    crop = stamped(RED)
    cv2.line(crop, (20, 180), (180, 20), BLUE, 10)
    assert {"red", "blue"} <= {found.ink for found in inks_of(crop)}


def test_bare_paper_absorbs_nothing_however_bright_it_is() -> None:
    paper = np.full((100, 100, 3), (200, 210, 190), np.uint8)
    assert absorbance(paper).max() < 0.01


def test_absorbances_of_ink_and_print_add_up() -> None:
    """Ink that takes half of the light over print that takes half: a quarter is left."""
    crop = np.full((100, 100, 3), 200, np.uint8)
    crop[40:60] = 100
    crop[:, 40:60] = crop[:, 40:60] // 2
    lost = absorbance(crop)
    assert lost[50, 50, 0] == pytest.approx(lost[50, 10, 0] + lost[10, 50, 0], abs=0.05)


def test_single_specks_are_no_ink() -> None:
    amount = np.zeros((200, 200), np.float32)
    amount[50:60, 50:150] = 1.0
    amount[150, 150] = 1.0
    mask = mask_of(amount)
    assert mask[55, 100] == 1
    assert mask[150, 150] == 0
