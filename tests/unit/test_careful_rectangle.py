"""The field of a seal with straight edges, turned every way that it may stand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sealq_worker.careful.ink import InkPicture
from sealq_worker.careful.observation import Geometry
from sealq_worker.careful.pixels import moved
from sealq_worker.careful.rectangle import Block, blocks_of
from sealq_worker.careful.views import SealViews

#: x, y of a blot on the crop.
BLOT = (120, 45)


def blotted(tilt: float) -> SealViews:
    """Return a rectangle with one blot in it, off its middle."""
    picture = np.full((160, 200, 3), 255, np.uint8)
    cv2.circle(picture, BLOT, 5, (0, 0, 0), -1)
    ink = InkPicture(np.zeros((160, 200), np.float32), np.zeros((160, 200), np.uint8), "red")
    return SealViews(
        picture, picture, picture, ink, Geometry("rectangle", (100.0, 70.0), (90.0, 50.0), tilt)
    )


def blot_on(block: Block) -> tuple[float, float]:
    """Return where the blot's middle lies on a block, as shares of its width and height."""
    rows, columns = np.nonzero(block.ink)
    height, width = block.ink.shape
    return columns.mean() / width, rows.mean() / height


@pytest.mark.parametrize("tilt", [0.0, 25.0])
def test_whichever_way_a_block_is_turned_it_leads_back_to_the_crop(tilt: float) -> None:
    seal = blotted(tilt)
    for block in blocks_of(seal, seal.geometry):
        rows, columns = np.nonzero(block.ink)
        middle = np.array([(columns.mean(), rows.mean())])
        assert moved(middle, block.back)[0] == pytest.approx(BLOT, abs=0.6)


def test_a_block_stands_upright_once_it_is_turned_back_by_its_rotation() -> None:
    """What stands turned counter-clockwise by 90 degrees is turned clockwise."""
    seal = blotted(0.0)
    places = {round(block.rotation): blot_on(block) for block in blocks_of(seal, seal.geometry)}
    x, y = places[0]
    turned = {90: (1 - y, x), -180: (1 - x, 1 - y), -90: (y, 1 - x)}
    assert places.keys() == {0, *turned}
    for rotation, place in turned.items():
        assert places[rotation] == pytest.approx(place, abs=0.02)
