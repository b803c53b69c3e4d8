"""How a five-pointed star in the middle of a seal is turned."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]

#: Shares of the seal's height: an area of ink so wide is a star's core, which lies so near the
#: seal's middle, and the star reaches so far from its own.
_CORE, _OFF_MIDDLE, _REACH = 0.06, 0.06, 0.17
#: How much the ink leans to five directions, of 1: a disc's does not at all, a star's by 0.5.
_LEAST_LEAN = 0.2
#: A star's points, and the angle between them, degrees.
_POINTS, _APART = 5, 72.0


def star_in(ink: Mask) -> Mask:
    """Return the core of a star, or of what else is filled, in ink; both (h, w), 0 and 1."""
    side = max(3, round(_CORE * len(ink)))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    core = cv2.morphologyEx(ink, cv2.MORPH_OPEN, brush)
    # Its points are thinner than its core.
    return np.asarray(cv2.dilate(core, brush), np.uint8)


def star_turn(ink: Mask) -> float | None:
    """Return by how many degrees counter-clockwise a star is to be turned to stand upright.

    Args:
        ink: (h, w), 0 and 1, of a seal about upright.

    Returns:
        In [-36, 36); None where there is no star.
    """
    height = len(ink)
    rows, columns = np.nonzero(star_in(ink))
    if not rows.size:
        return None
    middle = np.array([columns.mean(), rows.mean()])
    off = np.abs(middle - (np.array(ink.shape[::-1]) - 1) / 2).max()
    if off > _OFF_MIDDLE * height:
        return None
    rows, columns = np.nonzero(ink)
    away = (columns - middle[0]) - 1j * (rows - middle[1])
    near = away[np.abs(away) < _REACH * height]
    # Each pixel counts by its distance: the points tell, not the core.
    lean = (np.abs(near) * np.exp(1j * _POINTS * np.angle(near))).sum() / np.abs(near).sum()
    if np.abs(lean) < _LEAST_LEAN:
        return None
    pointing = float(np.degrees(np.angle(lean))) / _POINTS
    return float((90.0 - pointing + _APART / 2) % _APART - _APART / 2)
