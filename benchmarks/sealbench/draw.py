"""Filled and drawn outlines on arrays, smooth and placed to a fraction of a pixel."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench.geometry import Points

#: OpenCV draws in fractions of a pixel of so many bits.
_FRACTION_BITS = 4


def fill(
    image: NDArray[np.uint8], points: Points, colour: Sequence[int], hole: Points | None = None
) -> None:
    """Fill a polygon, in pixels' corners, less another one inside it."""
    rings = [_fixed(points)] if hole is None else [_fixed(points), _fixed(hole)]
    cv2.fillPoly(image, rings, colour, cv2.LINE_AA, _FRACTION_BITS)


def stroke(
    image: NDArray[np.uint8],
    points: Points,
    width: float,
    colour: Sequence[int],
    *,
    closed: bool = False,
) -> None:
    """Draw a line through points, in pixels' corners, at least a pixel wide."""
    thickness = max(1, round(width))
    cv2.polylines(image, [_fixed(points)], closed, colour, thickness, cv2.LINE_AA, _FRACTION_BITS)


def _fixed(points: Points) -> NDArray[np.int32]:
    # OpenCV's coordinates name pixels' centres.
    return np.rint((points - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)
