"""Strips that the recogniser learns from: they show what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recogniser.rails import circumference, pitch_of, rail_of
from recogniser.spans import nothing_on, span_of
from recogniser.strips import straightened, strips_of
from sealbench.design import Arc, Design, Lettering, Line
from sealbench.shapes import arc_letters
from sealq_worker.careful.models import LINE_HEIGHT

LETTERS = Lettering(Path("none.ttf"), 4.0, 3.2, 1)
NAME = Arc("owner", "甲乙丙丁戊己庚辛壬癸", (15.0, 15.0), 200.0, LETTERS)
OVAL = replace(NAME, radii=(16.0, 11.0))
NUMBER = Arc("number", "1234567890123", (17.0, 17.0), -70.0, LETTERS)
LINE = Line("purpose", "发票专用章", 5.0, 4.0, LETTERS)


def _seal(*elements: Arc | Line) -> Design:
    return Design("round", (40.0, 40.0), elements)


@pytest.mark.parametrize("arc", [NAME, OVAL, NUMBER], ids=["round", "oval", "bottom"])
def test_a_rail_runs_through_the_characters_with_their_heads_up(arc: Arc) -> None:
    rail = rail_of(arc, 0, 0)
    for letter in arc_letters(arc):
        off = np.linalg.norm(rail.middle - (letter.x, letter.y), axis=1)
        nearest = int(off.argmin())
        assert off[nearest] < pitch_of(arc) / 2
        turn = np.radians(letter.turn)
        assert rail.up[nearest] @ (np.sin(turn), -np.cos(turn)) > 0.95
    first, *_, last = arc_letters(arc)
    np.testing.assert_allclose(
        rail.middle[[0, -1]], [(first.x, first.y), (last.x, last.y)], atol=0.05
    )


def test_a_rail_is_longer_by_what_is_asked_for() -> None:
    for text in (NAME, OVAL, NUMBER, LINE):
        short, long = (rail_of(text, before, 2.0).middle for before in (0.0, 3.0))
        lengths = [np.linalg.norm(np.diff(each, axis=0), axis=1).sum() for each in (short, long)]
        assert lengths[1] - lengths[0] == pytest.approx(3.0, abs=0.05)


def test_once_around_ends_where_it_began() -> None:
    gap = circumference(OVAL) - pitch_of(OVAL) * (len(OVAL.text) - 1)
    rail = rail_of(OVAL, gap / 2, gap / 2)
    np.testing.assert_allclose(rail.middle[0], rail.middle[-1], atol=0.05)


def test_a_band_is_laid_out_from_left_to_right_and_from_top_to_bottom() -> None:
    x, y = np.meshgrid(np.arange(200), np.arange(100))
    image = np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)
    upper = np.array([(20.0, 30.0), (180.0, 30.0)])
    strip = straightened(image, upper, upper + np.array([0.0, 40.0]), 1.0)
    assert strip.shape == (LINE_HEIGHT, 160 / 40 * LINE_HEIGHT, 3)
    np.testing.assert_allclose(strip[10, [0, -1], 0], [20, 180], atol=1)
    np.testing.assert_allclose(strip[[0, -1], 10, 1], [30, 70], atol=1)


def test_a_part_of_a_name_says_only_the_characters_that_it_shows() -> None:
    rng = np.random.default_rng(1)
    seal = _seal(NAME)
    parts = [
        span for span in (span_of(seal, NAME, rng) for _ in range(200)) if span.text != NAME.text
    ]
    assert parts
    places = np.array([(letter.x, letter.y) for letter in arc_letters(NAME)])
    for span in parts:
        first = NAME.text.index(span.text)
        for number, place in enumerate(places):
            shown = np.linalg.norm(span.rail.middle - place, axis=1).min() < pitch_of(NAME) / 4
            assert shown == (first <= number < first + len(span.text))


def test_where_something_stands_along_the_bottom_it_is_not_called_empty() -> None:
    rng = np.random.default_rng(1)
    assert [span.text for span in nothing_on(_seal(NAME), rng)] == [""]
    assert not list(nothing_on(_seal(NAME, NUMBER), rng))


def test_the_empty_bottom_shows_nothing_of_the_name() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        (span,) = nothing_on(_seal(NAME), rng)
        ends = np.array([(letter.x, letter.y) for letter in arc_letters(NAME)])[[0, -1]]
        for end in ends:
            assert np.linalg.norm(span.rail.middle - end, axis=1).min() > LETTERS.height


def test_the_same_seed_gives_the_same_strips_and_the_other_split_others() -> None:
    once, again, other = (
        [(strip.text, strip.image.tobytes()) for strip in strips_of(3, split)]
        for split in ("train", "train", "held_out")
    )
    assert once == again
    assert once
    assert not {text for text, _ in once} & {text for text, _ in other if len(text) > 6}
