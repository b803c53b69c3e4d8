"""What the locator is taught of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from locator.contract import CUT_SEAL, GRID, IGNORE, INPUT_SIDE, SEAL, STRIDE, TAX_MARK
from locator.targets import Targets, make_targets


def _targets(*seals: tuple[int, tuple[float, float, float, float]]) -> Targets:
    boxes = np.array([box for _, box in seals], np.float32).reshape(-1, 4)
    return make_targets(boxes, np.array([label for label, _ in seals], np.int64), INPUT_SIDE)


@pytest.mark.parametrize(
    "box",
    [
        (100, 200, 180, 260),  # somewhere
        (0, 0, 512, 512),  # the picture is nothing but a seal
        (500, 500, 512, 512),  # as small as it gets, in the last corner
    ],
)
def test_the_centre_of_a_seal_is_where_it_is_and_nowhere_else(
    box: tuple[float, float, float, float],
) -> None:
    heat = _targets((SEAL, box)).heat
    column, row = int(box[0] + box[2]) // 2 // STRIDE, int(box[1] + box[3]) // 2 // STRIDE
    assert heat[SEAL, row, column] == 1.0
    assert (heat == 1.0).sum() == 1


def test_each_kind_is_taught_in_its_own_map() -> None:
    targets = _targets((CUT_SEAL, (0, 0, 64, 64)), (TAX_MARK, (200, 200, 264, 264)))
    assert targets.heat[SEAL].max() == 0.0
    assert targets.heat[CUT_SEAL, 4, 4] == 1.0
    assert targets.heat[TAX_MARK, 29, 29] == 1.0


def test_cells_around_a_centre_learn_its_box_and_weigh_one_together() -> None:
    box = (96.0, 96.0, 224.0, 160.0)
    targets = _targets((SEAL, box))
    taught = targets.weights > 0
    assert taught[16, 20]
    assert targets.weights.sum() == pytest.approx(1.0)
    assert (targets.boxes[:, taught] == np.array(box, np.float32)[:, None]).all()


def test_a_small_seal_on_a_large_one_keeps_its_own_box() -> None:
    small, large = (240.0, 240.0, 272.0, 272.0), (100.0, 100.0, 412.0, 412.0)
    for order in ((small, large), (large, small)):
        targets = _targets(*((SEAL, box) for box in order))
        assert tuple(targets.boxes[:, 32, 32]) == small


def test_of_a_region_left_out_nothing_is_asked() -> None:
    targets = _targets((IGNORE, (80, 80, 160, 160)))
    assert targets.heat.max() == 0.0
    assert not targets.asked[10:20, 10:20].any()
    assert targets.asked.sum() == GRID * GRID - 100


def test_a_centre_inside_a_region_left_out_is_taught_all_the_same() -> None:
    targets = _targets((IGNORE, (0, 0, 512, 512)), (SEAL, (96, 96, 160, 160)))
    assert targets.asked[16, 16] == 1.0


def test_an_empty_page_is_asked_for_everywhere() -> None:
    targets = _targets()
    assert targets.heat.max() == 0.0
    assert targets.weights.max() == 0.0
    assert targets.asked.min() == 1.0
