"""A ring and its strip are two pictures of the same: each place in one is one in the other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_worker.careful.observation import Geometry
from sealq_worker.careful.unwrap import (
    Strip,
    outline_of_strip,
    ring_places,
    ring_points,
    strip_width,
    unwrapped,
)

ROUND = Geometry("round", (100.0, 100.0), (90.0, 90.0), 0.0)
OVAL = Geometry("oval", (120.0, 90.0), (110.0, 75.0), 20.0)

#: How an upright seal's rim is divided: its first axis points right, clockwise comes the bottom.
RIGHT, BOTTOM, LEFT, TOP = 0.0, 0.25, 0.5, 0.75

geometries = st.builds(
    Geometry,
    shape=st.just("oval"),
    centre=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    axes=st.tuples(st.floats(80, 120), st.floats(60, 79)),
    tilt=st.floats(-90, 89),
)
# Depth stays above the sharpest bend of these outlines: 60 * 60 / 120.
places = st.lists(st.tuples(st.floats(0.001, 0.999), st.floats(-10, 25)), min_size=1, max_size=20)


@given(geometry=geometries, where=places)
def test_unwrapping_undoes_wrapping(geometry: Geometry, where: list[tuple[float, float]]) -> None:
    along, depth = np.array(where).T
    again, deep = ring_places(geometry, ring_points(geometry, along, depth))
    assert again == pytest.approx(along, abs=1e-4)
    assert deep == pytest.approx(depth, abs=1e-3)


@given(geometry=geometries, turn=st.floats(-90, 90), where=places)
def test_turning_the_seal_turns_its_ring(
    geometry: Geometry, turn: float, where: list[tuple[float, float]]
) -> None:
    along, depth = np.array(where).T
    turned = Geometry("oval", geometry.centre, geometry.axes, geometry.tilt + turn)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    centre = np.array(geometry.centre)
    expected = (ring_points(geometry, along, depth) - centre) @ np.array([(c, -s), (s, c)]) + centre
    assert ring_points(turned, along, depth) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("along", "place"),
    [(RIGHT, (190, 100)), (BOTTOM, (100, 190)), (LEFT, (10, 100)), (TOP, (100, 10))],
)
def test_a_ring_runs_clockwise_from_its_first_axis(along: float, place: tuple[float, ...]) -> None:
    assert ring_points(ROUND, np.array([along]), np.zeros(1))[0] == pytest.approx(place)


def test_depth_counts_from_the_outline_inwards() -> None:
    assert ring_points(ROUND, np.array([TOP]), np.array([15.0]))[0] == pytest.approx((100, 25))


def test_what_stands_at_the_top_is_upright_in_the_strip() -> None:
    """A mark of which the outer half is dark is dark in the strip's upper half."""
    crop = np.full((200, 200), 255, np.uint8)
    cv2.rectangle(crop, (90, 12), (110, 26), (0,), -1)
    strip = unwrapped(crop, ROUND, Strip(TOP - 0.05, 0.1, 0.0, 32.0), 32)
    middle = strip[:, strip.shape[1] // 2]
    assert middle[4:14].max() < 30
    assert middle[20:].min() > 200


def test_a_flipped_strip_is_the_same_turned_by_half_a_turn() -> None:
    crop = np.random.default_rng(1).integers(0, 256, (180, 240), np.uint8)
    part = Strip(0.1, 0.3, 2.0, 26.0)
    flipped = Strip(0.1, 0.3, 2.0, 26.0, flipped=True)
    straight = unwrapped(crop, OVAL, part, 24)
    assert np.array_equal(unwrapped(crop, OVAL, flipped, 24), straight[::-1, ::-1])


def test_characters_keep_their_proportions() -> None:
    """A whole ring is as long as the circle through the middle of the strip."""
    width = strip_width(ROUND, Strip(0.0, 1.0, 10.0, 30.0), 40)
    assert width == pytest.approx(2 * np.pi * 70 * 2, rel=0.01)
    assert strip_width(ROUND, Strip(0.0, 1.0, 10.0, 30.0), 40, 0.5) == pytest.approx(
        width / 2, abs=1
    )


def test_a_fine_pattern_becomes_grey_where_the_strip_is_smaller() -> None:
    """Dots of a fax are averaged, not picked one by one."""
    crop = np.zeros((400, 400), np.uint8)
    crop[np.add.outer(np.arange(400), np.arange(400)) % 2 == 0] = 255
    large = Geometry("round", (200.0, 200.0), (190.0, 190.0), 0.0)
    strip = unwrapped(crop, large, Strip(0.0, 0.5, 0.0, 150.0), 48)
    assert strip.std() < 40


def test_the_outline_of_a_strip_goes_along_and_back() -> None:
    corners = outline_of_strip(ROUND, Strip(TOP, 0.25, 0.0, 30.0), 2)
    assert np.array(corners) == pytest.approx(
        np.array([(100, 10), (190, 100), (160, 100), (100, 40)])
    )
