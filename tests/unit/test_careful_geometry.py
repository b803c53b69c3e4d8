"""How a seal lies is found from its ink alone: whatever its size, place and turn, dirt or not."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealq_worker.careful.geometry import find_geometry, laid_flat, scaled, twin_of
from sealq_worker.careful.observation import Geometry, Shape
from sealq_worker.careful.outline import bounded, outline_of, placed, unit_points

Mask = NDArray[np.uint8]

tilts = st.floats(-85, 85)

#: Pixels: half a drawn stroke, by which the outer edge that is to be found lies outside its middle.
HALF = 2.5


def drawn(shape: Shape, axes: tuple[float, float], tilt: float, *, dirt: bool = False) -> Mask:
    """Draw an outline, with a star of ink in its middle, in a crop a little larger than it."""
    geometry = Geometry(shape, (0.0, 0.0), axes, tilt)
    points = outline_of(geometry, 400)
    reach = np.abs(points).max(axis=0) + 6
    size = np.ceil(2 * reach).astype(int)
    mask: Mask = np.zeros((size[1], size[0]), np.uint8)
    corners = np.rint(points + (size - 1) / 2).astype(np.int32)
    cv2.polylines(mask, [corners], isClosed=True, color=(1,), thickness=5)
    cv2.circle(mask, (int(size[0] / 2), int(size[1] / 2)), int(axes[1] / 4), (1,), -1)
    if dirt:
        cv2.line(mask, (0, 0), (int(size[0]), int(size[1])), (1,), 3)
        cv2.rectangle(mask, (0, 0), (int(size[0] / 6), int(size[1] / 5)), (1,), -1)
    return mask


def off_by(one: float, other: float, period: float) -> float:
    return abs((one - other + period / 2) % period - period / 2)


@settings(max_examples=15, deadline=None)
@given(axis=st.floats(70, 220), aspect=st.floats(0.6, 0.78), tilt=tilts, dirt=st.booleans())
def test_an_oval_seal_is_found_at_any_tilt_and_size(
    axis: float, aspect: float, tilt: float, *, dirt: bool
) -> None:
    mask = drawn("oval", (axis, axis * aspect), tilt, dirt=dirt)
    geometry, _ = find_geometry(mask)
    assert geometry.shape == "oval"
    assert geometry.axes == pytest.approx((axis + HALF, axis * aspect + HALF), rel=0.05)
    # On the smallest and roundest, the width of the stroke hides five degrees.
    assert off_by(geometry.tilt, tilt, 180) < 7


@settings(max_examples=10, deadline=None)
@given(radius=st.floats(60, 250), dirt=st.booleans())
def test_a_round_seal_is_found_at_any_size(radius: float, *, dirt: bool) -> None:
    mask = drawn("round", (radius, radius), 0.0, dirt=dirt)
    geometry, _ = find_geometry(mask)
    height, width = mask.shape
    assert geometry.shape == "round"
    assert geometry.axes == pytest.approx((radius + HALF, radius + HALF), rel=0.04)
    assert geometry.centre == pytest.approx(((width - 1) / 2, (height - 1) / 2), abs=0.04 * radius)


@pytest.mark.parametrize(
    ("shape", "axes", "period"),
    [
        ("square", (100.0, 100.0), 90),
        ("rectangle", (150.0, 50.0), 180),
        # Flatter than a square that stands on its corner.
        ("diamond", (140.0, 95.0), 180),
    ],
)
@pytest.mark.parametrize("tilt", [0.0, 12.0, -30.0])
def test_seals_with_straight_edges_are_told_apart(
    shape: Shape, axes: tuple[float, float], period: float, tilt: float
) -> None:
    geometry, _ = find_geometry(drawn(shape, axes, tilt))
    assert geometry.shape == shape
    assert geometry.axes == pytest.approx(axes, rel=0.06)
    assert off_by(geometry.tilt, tilt, period) < 4


@pytest.mark.parametrize("tilt", [30.0, 45.0, 60.0, -33.0, -62.0])
def test_a_diamond_that_lies_flat_is_a_square(tilt: float) -> None:
    diamond = Geometry("diamond", (200.0, 150.0), (100.0, 100.0), tilt)
    square = laid_flat(diamond)
    assert square.shape == "square"
    assert abs(square.tilt) <= 90
    one, other = (sorted(outline_of(each, 4).tolist()) for each in (diamond, square))
    np.testing.assert_allclose(other, one, atol=1e-9)


@pytest.mark.parametrize("tilt", [-80.0, -45.0, 0.0, 30.0, 85.0])
def test_a_square_is_a_diamond_and_the_other_way_round(tilt: float) -> None:
    square = Geometry("square", (200.0, 150.0), (100.0, 100.0), tilt)
    diamond = twin_of(square)
    assert diamond is not None
    assert diamond.shape == "diamond"
    one, other = (sorted(outline_of(each, 4).round(6).tolist()) for each in (square, diamond))
    assert other == one
    back = twin_of(diamond)
    assert back is not None
    assert back.shape == "square"
    assert back.axes == pytest.approx(square.axes)


def test_what_is_longer_than_wide_is_no_other_shape() -> None:
    for shape in ("square", "diamond"):
        assert twin_of(Geometry(shape, (200.0, 150.0), (100.0, 70.0), 0.0)) is None
    assert twin_of(Geometry("round", (200.0, 150.0), (100.0, 100.0), 0.0)) is None


@pytest.mark.parametrize(
    ("shape", "axes", "tilt"),
    [
        ("diamond", (100.0, 100.0), 10.0),  # stands on its corner
        ("diamond", (100.0, 70.0), 45.0),
        ("oval", (100.0, 90.0), 45.0),
    ],
)
def test_nothing_else_becomes_one(shape: Shape, axes: tuple[float, float], tilt: float) -> None:
    geometry = Geometry(shape, (200.0, 150.0), axes, tilt)
    assert laid_flat(geometry) == geometry


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_crop_gives_a_turned_seal(turns: int) -> None:
    mask = drawn("oval", (130.0, 90.0), 25.0)
    turned = np.ascontiguousarray(np.rot90(mask, turns))
    before, after = find_geometry(mask)[0], find_geometry(turned)[0]
    assert after.axes == pytest.approx(before.axes, rel=0.04)
    assert off_by(after.tilt, before.tilt + 90 * turns, 180) < 4


def test_a_ring_of_which_a_quarter_is_missing_is_still_found() -> None:
    mask = drawn("round", (120.0, 120.0), 0.0)
    mask[: len(mask) // 2, : len(mask) // 2] = 0
    geometry, _ = find_geometry(mask)
    assert geometry.shape == "round"
    assert geometry.axes == pytest.approx((120 + HALF, 120 + HALF), rel=0.06)
    assert geometry.fit == pytest.approx(0.75, abs=0.08)


def test_what_takes_little_of_its_crop_is_hardly_the_seal() -> None:
    """The crop was cut around it: a box of print fits as well, and is none."""
    box = np.zeros((60, 240), np.uint8)
    cv2.rectangle(box, (8, 8), (231, 51), (1,), 4)
    _, alone = find_geometry(box)
    _, among_others = find_geometry(np.concatenate([np.zeros((180, 240), np.uint8), box]))
    assert among_others < alone - 0.1


def test_a_crop_without_ink_fits_nothing() -> None:
    _, worth = find_geometry(np.zeros((200, 220), np.uint8))
    assert worth <= 0


@given(factor=st.floats(0.1, 10))
def test_scaling_and_scaling_back_changes_nothing(factor: float) -> None:
    geometry = Geometry("oval", (31.5, 40.25), (30.0, 20.0), 17.0)
    again = scaled(scaled(geometry, factor), 1 / factor)
    assert again.centre == pytest.approx(geometry.centre)
    assert again.axes == pytest.approx(geometry.axes)


@given(
    axes=st.tuples(st.floats(60, 100), st.floats(35, 59)),
    tilt=st.floats(-35, 35),
    family=st.sampled_from(["ellipse", "rectangle"]),
)
def test_a_box_and_the_tilt_say_what_the_axes_are(
    axes: tuple[float, float], tilt: float, family: str
) -> None:
    shape: Shape = "oval" if family == "ellipse" else "rectangle"
    points = outline_of(Geometry(shape, (3.0, 5.0), axes, tilt), 4000)
    (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    kind = "ellipse" if family == "ellipse" else "rectangle"
    found = bounded(kind, (x1, y1, x2, y2), np.array([math.radians(tilt)]))  # type: ignore[arg-type]
    assert found[0, :4] == pytest.approx((3.0, 5.0, *axes), rel=0.01, abs=0.05)


def test_an_outline_of_unit_axes_is_placed_by_centre_axes_and_tilt() -> None:
    """A quarter turn counter-clockwise brings the first axis, to the right, to the top."""
    outline = np.array([(10.0, 20.0, 4.0, 2.0, math.pi / 2)])
    first = placed(outline, unit_points("ellipse", 4))[0][0]
    assert first == pytest.approx((10.0, 16.0))
