"""The truth's geometry and the ink on the page are the same thing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealbench import capture, geometry
from sealbench.capture import Shot
from sealbench.chance import digits
from sealbench.ink import plain_pressing, press
from sealbench.marks import Seal
from sealbench.record import page_truth
from sealbench.sheet import Sheet
from sealbench.stamps import SEALS, Maker
from sealbench.truth import SealTruth

#: Pixels by which smooth edges spread ink.
SOFT = 1.5
DPI = 144


def blank() -> Sheet:
    """Return white paper, 120 x 100 mm."""
    return Sheet((120, 100), DPI, np.full((567, 680, 3), 255, np.uint8))


def stamped(
    maker: Maker, at: tuple[float, float] = (60, 50), rotation: float = 0, seed: int = 1
) -> Sheet:
    """Return white paper with one seal, perfectly pressed."""
    rng, sheet = np.random.default_rng(seed), blank()
    design = maker(rng, "train")
    seal = Seal(digits(rng, 9), "seal", design, "red", rotation)
    sheet.stamp(seal, press(design, plain_pressing(), sheet.scale, rotation, rng), at)
    return sheet


def truth_of(sheet: Sheet, shot: Shot | None = None) -> SealTruth:
    """Return the truth of the only seal."""
    still = Shot(sheet.image, geometry.shift(0, 0))
    (seal,), _ = page_truth(sheet, shot or still)
    return seal


def ink_box(image: NDArray[np.uint8]) -> tuple[float, ...]:
    """Return x1, y1, x2, y2 around all red ink."""
    ys, xs = np.nonzero(image[..., 2].astype(int) - image[..., 1] > 100)
    return (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))


@pytest.mark.parametrize("maker", SEALS, ids=lambda maker: maker.__name__)
@pytest.mark.parametrize("rotation", [0.0, 33.0, -120.0])
def test_box_is_the_ink_s_own(maker: Maker, rotation: float) -> None:
    # Seed 4: no seal of these has lost a part of its ring.
    sheet = stamped(maker, rotation=rotation, seed=4)
    assert truth_of(sheet).box == pytest.approx(ink_box(sheet.image), abs=SOFT)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_box_and_rotation_follow_a_turned_page(degrees: int) -> None:
    maker = next(maker for maker in SEALS if maker.__name__ == "square_seal")
    sheet = stamped(maker, at=(35, 30), rotation=10)
    shot = capture.turned(Shot(sheet.image, geometry.shift(0, 0)), degrees)
    truth = truth_of(sheet, shot)
    assert truth.box == pytest.approx(ink_box(shot.image), abs=SOFT)
    assert truth.rotation == pytest.approx((10 + degrees + 180) % 360 - 180, abs=0.1)


def test_polygon_follows_perspective() -> None:
    maker = next(maker for maker in SEALS if maker.__name__ == "company_seal")
    sheet = stamped(maker, seed=4)
    height, width = sheet.image.shape[:2]
    corners = geometry.rectangle(0, 0, width, height)
    tilted = corners + np.array([(60, 40), (-20, 0), (0, -10), (10, -90)])
    found = cv2.getPerspectiveTransform(corners.astype(np.float32), tilted.astype(np.float32))
    matrix = found.astype(float)
    shot = Shot(capture.warped(sheet.image, matrix, (width, height), 255), matrix)
    truth = truth_of(sheet, shot)
    assert truth.box == pytest.approx(ink_box(shot.image), abs=SOFT)
    assert truth.visible == 1
    inside = np.zeros((height, width), np.uint8)
    cv2.fillPoly(inside, [np.rint(truth.polygon).astype(np.int32)], (255,))
    red = shot.image[..., 2].astype(int) - shot.image[..., 1] > 100
    assert not np.any(red & (cv2.dilate(inside, np.ones((3, 3))) == 0))


def test_seal_over_the_edge_is_cut_there() -> None:
    maker = next(maker for maker in SEALS if maker.__name__ == "company_seal")
    sheet = stamped(maker, at=(120, 50), seed=4)
    truth = truth_of(sheet)
    assert truth.label == "cut"
    assert truth.visible == pytest.approx(0.5, abs=0.01)
    assert truth.box == pytest.approx(ink_box(sheet.image), abs=SOFT)
    assert truth.position == ("edge",)


def test_seal_off_the_page_is_no_seal_of_it() -> None:
    sheet = stamped(next(iter(SEALS)), at=(220, 50))
    assert page_truth(sheet, Shot(sheet.image, geometry.shift(0, 0))) == ((), ())


def test_ink_lets_print_show_through() -> None:
    sheet = blank()
    sheet.image[:] = 30
    full = np.full((10, 10), 255, np.uint8)
    sheet.ink(full, (40, 30, 210), (5, 5))
    assert sheet.image[5:15, 5:15].max() <= 30


@given(
    st.floats(0, 360),
    st.tuples(st.floats(-200, 200), st.floats(-200, 200)),
)
def test_a_polygon_is_clipped_to_what_the_window_holds(
    degrees: float, by: tuple[float, float]
) -> None:
    square = geometry.moved(geometry.rectangle(-50, -50, 50, 50), geometry.turn(degrees))
    window = geometry.rectangle(-80, -80, 80, 80)
    kept = geometry.clipped(square + np.array(by), window)
    assert geometry.area(kept) <= geometry.area(square) + 1e-6
    assert not len(kept) or np.abs(kept).max() <= 80 + 1e-6
    area, _ = cv2.intersectConvexConvex(
        (square + np.array(by)).astype(np.float32), window.astype(np.float32)
    )
    assert geometry.area(kept) == pytest.approx(area, abs=1)
