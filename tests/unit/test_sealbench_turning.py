"""The same seal, turned: nothing else changes."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from sealbench.seals import SealCrop
from sealbench.side_by_side import CarefulReading, Readers
from sealbench.truth import PageTruth, SealTruth, TextTruth
from sealbench.turning import exact_by_turn, turned
from sealq_storage.readings import NewField
from sealq_worker.careful.observation import Image

PAGE = PageTruth("contract", "scan", 150, "white", 0, 90, 800, 1000, (), ())
#: Pixels of the seal's side, and of the paper around it.
SIDE, MARGIN = 60, 5


def square_seal() -> SealCrop:
    """Return a square seal with a red blot at the middle of its right side."""
    x, y = 100, 200
    image = np.full((SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, 3), 255, np.uint8)
    image[30:40, 55:63] = (0, 0, 200)
    left, top = x + MARGIN, y + MARGIN
    right, bottom = left + SIDE, top + SIDE
    truth = SealTruth(
        seal_id="1",
        label="seal",
        box=(left, top, right, bottom),
        polygon=((left, top), (right, top), (right, bottom), (left, bottom)),
        shape="square",
        ink="red",
        rotation=0.0,
        visible=1.0,
        position=("plain",),
        texts=(TextTruth("owner", "某某贸易有限公司", 24.0),),
    )
    return SealCrop(image, (x, y), truth, PAGE)


def blot(image: Image) -> tuple[float, float]:
    """Return where the blot lies, x and y from the picture's middle."""
    rows, columns = np.nonzero(image[..., 0] < 128)
    height, width = image.shape[:2]
    return columns.mean() - (width - 1) / 2, rows.mean() - (height - 1) / 2


@pytest.mark.parametrize(
    ("degrees", "there"),
    [(0, (24, 0)), (90, (0, -24)), (180, (-24, 0)), (270, (0, 24)), (45, (17, -17))],
)
def test_a_crop_is_turned_counter_clockwise_about_its_middle(
    degrees: int, there: tuple[float, float]
) -> None:
    assert blot(turned(square_seal(), degrees)) == pytest.approx(there, abs=1.0)


def test_quarters_of_a_turn_change_no_pixel() -> None:
    crop = square_seal()
    assert sorted(turned(crop, 90).ravel()) == sorted(crop.image.ravel())


def test_a_turned_seal_is_cut_out_as_closely_as_before() -> None:
    across = round(SIDE * 2**0.5) + 2 * MARGIN
    assert turned(square_seal(), 45).shape == (across, across, 3)


class ReadsUpright:
    """Reads the owner where the blot is on the right, as it is upright."""

    def careful(self, image: Image) -> CarefulReading:
        x, _ = blot(image)
        field = NewField("owner", "某某贸易有限公司" if x > 20 else "某某", 0.95, "read")
        return CarefulReading((field,), (), 0.1, 1)


def test_fields_are_counted_by_turn() -> None:
    readers = cast("Readers", ReadsUpright())
    there, exact = exact_by_turn(readers, [square_seal(), square_seal()], (0, 90))
    assert there == {"owner": 2}
    assert exact == {0: {"owner": 2}, 90: {}}
