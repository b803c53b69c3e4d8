"""Cuts a design: a mask of where the plate touches the paper."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import draw, geometry
from sealbench.design import Design
from sealbench.geometry import Points
from sealbench.glyphs import tile
from sealbench.shapes import Area, Letter, Shape, Stroke, outline, shapes

Mask = NDArray[np.uint8]

#: A plate is drawn so many times finer than it is used.
FINENESS = 2
#: Clear space around a plate in millimetres, for ink that runs.
MARGIN = 2.0


def cut(design: Design, scale: float) -> Mask:
    """Return a plate's mask.

    Args:
        design: What to cut.
        scale: Pixels per millimetre of the mask.

    Returns:
        (h, w), 255 where the plate touches; the seal's centre is the mask's.
    """
    plate = _Plate(design, scale)
    for shape in shapes(design):
        plate.draw(shape)
    return plate.finished()


class _Plate:
    """A plate while it is cut; addressed in millimetres from its centre, y down."""

    def __init__(self, design: Design, scale: float) -> None:
        self._design = design
        self._scale = scale * FINENESS
        sides = [round((side + 2 * MARGIN) * scale) * FINENESS for side in design.size]
        self._mask: Mask = np.zeros((sides[1], sides[0]), np.uint8)
        self._centre = np.array(sides, float) / 2

    def draw(self, shape: Shape) -> None:
        """Cut one shape."""
        match shape:
            case Area(points, hole):
                inner = None if hole is None else self._pixels(hole)
                draw.fill(self._mask, self._pixels(points), (255,), inner)
            case Stroke(points, width):
                pixels = self._pixels(points)
                draw.stroke(self._mask, pixels, width * self._scale, (255,), closed=True)
            case Letter():
                self._letter(shape)

    def finished(self) -> Mask:
        """Return the mask at its own scale."""
        mask = self._mask
        if self._design.reversed:
            ground = np.zeros_like(mask)
            draw.fill(ground, self._pixels(outline(self._design)), (255,))
            mask = ground - np.minimum(ground, mask)
        size = (mask.shape[1] // FINENESS, mask.shape[0] // FINENESS)
        return cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.uint8)

    def _letter(self, letter: Letter) -> None:
        if letter.char == " ":
            return
        cut = letter.letters
        image = tile(cut.face, letter.char, cut.height * self._scale, cut.weight)
        em = image.shape[0] / 2
        wide, high = cut.width * self._scale / em, cut.height * self._scale / em
        reach = math.ceil(math.hypot(wide, high) * em)
        x, y = self._centre + np.array([letter.x, letter.y]) * self._scale
        left, top = math.floor(x) - reach, math.floor(y) - reach
        matrix = (
            geometry.shift(x - left - 0.5, y - top - 0.5)
            @ geometry.turn(-letter.turn)
            @ np.diag([wide, high, 1.0])
            @ geometry.shift(0.5 - em, 0.5 - em)
        )
        side = (2 * reach + 1, 2 * reach + 1)
        bent = cv2.warpAffine(image, matrix[:2], side, flags=cv2.INTER_LINEAR).astype(np.uint8)
        self._stick(bent, left, top)

    def _stick(self, piece: Mask, left: int, top: int) -> None:
        x, y = max(0, left), max(0, top)
        target = self._mask[y : top + piece.shape[0], x : left + piece.shape[1]]
        source = piece[y - top :, x - left :][: target.shape[0], : target.shape[1]]
        np.maximum(target, source, out=target)

    def _pixels(self, points: Points) -> Points:
        pixels: Points = points * self._scale + self._centre
        return pixels
