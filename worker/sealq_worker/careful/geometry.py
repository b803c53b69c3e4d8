"""How a seal lies in its crop: outline, centre, axes, tilt. From the mask of its ink alone.

The box around an outline fixes its axes once its tilt is known. So outlines of all tilts are set
into the crop, and into the extent of the ink; the ones with most ink under them are then moved and
stretched until they fit. Print, signatures and other seals in the crop hardly disturb that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.observation import Geometry, Shape
from sealq_worker.careful.outline import Family, Outlines, Points, bounded, placed, unit_points
from sealq_worker.careful.pixels import at_points

Mask = NDArray[np.uint8]
Box = tuple[float, float, float, float]

#: Pixels of the longer side at which an outline is looked for: finer says no more.
_WORKING_SIDE = 224
#: Of 255: a working pixel that is covered so far has ink.
_COVERED = 90

#: Degrees between the tilts that are tried, and how many outlines are then made to fit.
_TILT_STEP = 3
_CLIMBERS = 4

#: Points of an outline under which ink is looked for.
_SUPPORT_POINTS = 100

#: Working pixels outside and inside an outline where there should be less ink, and how much ink
#: there counts against it.
_APART = 5.0
_OUTSIDE, _INSIDE = 0.5, 0.25

#: Share of the crop's sides that a seal takes at least, and how much counts against an outline what
#: it lacks of that: the crop was cut around the seal.
_FILLED, _UNFILLED = 0.7, 0.6

#: Shares of the axes by which outlines are moved and stretched to fit better, coarse to fine.
_STEPS = (0.03, 0.015, 0.007, 0.0035)
_ROUNDS = 6

#: How much better than an ellipse another shape must fit: most seals are round.
_HEAD_START = {"ellipse": 0.0, "rectangle": 0.06, "diamond": 0.1}
#: Shorter to longer axis, at least.
_LEAST_ASPECT = {"ellipse": 0.5, "rectangle": 0.13, "diamond": 0.4}

#: Worth from which an ellipse is beyond doubt.
_SURE = 0.8
#: Shorter to longer axis from which an ellipse is round (photos shorten it; oval seals have at most
#: 0.79), a rectangle square.
_ROUND, _SQUARE = 0.82, 0.86
#: What a square is as well, and a diamond, and how many times as long its half axes are.
_TWINS: Mapping[Shape, tuple[Shape, float]] = {
    "square": ("diamond", math.sqrt(2)),
    "diamond": ("square", 1 / math.sqrt(2)),
}
#: Degrees up to which a square that stands on a corner is a diamond.
_ON_CORNER = 22.5


def find_geometry(mask: Mask) -> tuple[Geometry, float]:
    """Return how the seal lies, and how well that fits: 1 is perfect, below 0.4 hardly a seal.

    Args:
        mask: (h, w), 1 where there is ink; the seal fills it but for a margin.
    """
    scale = _WORKING_SIDE / max(mask.shape)
    small = cv2.resize(mask * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    working = np.asarray(small > _COVERED, np.uint8)
    worth, geometry = _fitted("ellipse", working)
    if worth < _SURE:
        others = [_fitted("rectangle", working), _fitted("diamond", working)]
        worth, geometry = max([(worth, geometry), *others], key=lambda fit: fit[0])
    return scaled(geometry, 1 / scale), worth


def scaled(geometry: Geometry, scale: float) -> Geometry:
    """Return the geometry in a picture of which every side is so many times as long."""
    (x, y), (a, b) = geometry.centre, geometry.axes
    # Whole numbers are the middles of pixels, not their corners.
    moved = ((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5)
    return replace(geometry, centre=moved, axes=(a * scale, b * scale))


def _fitted(family: Family, mask: Mask) -> tuple[float, Geometry]:
    """Return the best outline of a kind, and its worth."""
    near = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
    starts = _starts(family, mask)
    order = np.argsort(-_worths(family, starts, near))[:_CLIMBERS]
    coarse = [_climbed(family, starts[i], near, _STEPS[:1]) for i in order]
    _, outline = max(coarse, key=lambda found: found[0])
    worth, outline = _climbed(family, outline, near, _STEPS[1:])
    covered = float(_support(placed(outline[None], _unit_points(family)), near)[0])
    return worth - _HEAD_START[family], replace(_geometry(family, outline), fit=covered)


def _starts(family: Family, mask: Mask) -> Outlines:
    height, width = mask.shape
    turn = 180 if family != "rectangle" else 90
    tilts = np.radians(np.arange(-turn / 2, turn / 2, _TILT_STEP))
    boxes: list[Box] = [(0.0, 0.0, width - 1.0, height - 1.0), _extent(mask)]
    found = np.concatenate([bounded(family, box, tilts) for box in boxes])
    upright = np.array([((width - 1) / 2, (height - 1) / 2, width / 2, height / 2, 0.0)])
    return np.concatenate([found, upright])


def _extent(mask: Mask) -> Box:
    """Return the box around the ink, but for a hundredth of it on each side."""
    ends = []
    for axis in (0, 1):
        total = np.cumsum(mask.sum(axis=axis))
        first, last = np.searchsorted(total, (0.01 * total[-1], 0.99 * total[-1]))
        ends.append((float(first), float(max(last, first + 8))))
    (x1, x2), (y1, y2) = ends
    return x1, y1, x2, y2


def _worths(family: Family, outlines: Outlines, near: Mask) -> Points:
    """Say how well outlines fit: ink under them, less beside them."""
    beside = (_grown(family, outlines, by) for by in (_APART, -_APART))
    all_three = placed(np.concatenate([outlines, *beside]), _unit_points(family))
    on, outside, inside = np.split(_support(all_three, near), 3)
    worth = on - _OUTSIDE * outside - _INSIDE * inside
    reach = np.ptp(all_three[: len(outlines)], axis=1) / near.shape[::-1]
    worth -= _UNFILLED * np.maximum(0.0, _FILLED - reach.min(axis=1))
    short, long = outlines[:, 2:4].min(axis=1), outlines[:, 2:4].max(axis=1)
    sound = (short >= _LEAST_ASPECT[family] * long) & (long >= 0.3 * max(near.shape))
    return np.where(sound, worth, -1.0)


@cache
def _unit_points(family: Family) -> Points:
    return unit_points(family, _SUPPORT_POINTS)


def _grown(family: Family, outlines: Outlines, by: float) -> Outlines:
    grown = outlines.copy()
    axes = outlines[:, 2:4]
    reach = by * np.hypot(*axes.T)[:, None] / axes[:, ::-1] if family == "diamond" else by
    grown[:, 2:4] = np.maximum(axes + reach, 1.0)
    return grown


def _support(points: Points, near: Mask) -> Points:
    """Return the share of each outline's points where there is ink, (n,)."""
    share: Points = at_points(near, points).mean(axis=1)
    return share


def _climbed(
    family: Family, outline: Points, near: Mask, steps: tuple[float, ...]
) -> tuple[float, Points]:
    """Move, stretch and turn an outline as long as that makes it fit better."""
    worth = float(_worths(family, outline[None], near)[0])
    for step in steps:
        for _ in range(_ROUNDS):
            tried = outline + _MOVES * step * np.array([*[max(outline[2:4])] * 4, 1.0])
            worths = _worths(family, tried, near)
            if worths.max() <= worth:
                break
            worth, outline = float(worths.max()), tried[worths.argmax()]
    return worth, outline


def _all_moves() -> Points:
    """Return moves of one number, and of two together, either way."""
    moves = []
    for count in (1, 2):
        for which in combinations(range(5), count):
            for signs in np.ndindex(*(2,) * count):
                move = np.zeros(5)
                move[list(which)] = 2 * np.array(signs) - 1
                moves.append(move)
    return np.array(moves, float)


_MOVES = _all_moves()


def _geometry(family: Family, outline: Points) -> Geometry:
    x, y, a, b, turn = outline.tolist()
    if b > a:
        a, b, turn = b, a, turn + math.pi / 2
    tilt = (math.degrees(turn) + 90) % 180 - 90
    return laid_flat(Geometry(_shape(family, b / a), (x, y), (a, b), tilt))


def laid_flat(diamond: Geometry) -> Geometry:
    """Return a diamond of equal diagonals as the square that it is, unless it stands on a corner.

    Either outline fits, and squares are the more frequent: what lies rather flat is one. Other
    shapes are returned as they are.
    """
    off_corner = abs((diamond.tilt + 45) % 90 - 45)
    if diamond.shape != "diamond" or off_corner < _ON_CORNER:
        return diamond
    return twin_of(diamond) or diamond


def twin_of(geometry: Geometry) -> Geometry | None:
    """Return a square as the diamond that has the same outline, or the other way round.

    Args:
        geometry: Of any shape; None is returned where it is neither, or its sides differ.
    """
    a, b = geometry.axes
    if geometry.shape not in _TWINS or b < _SQUARE * a:
        return None
    twin, longer = _TWINS[geometry.shape]
    half = (a + b) / 2 * longer
    tilt = (geometry.tilt + 45 + 90) % 180 - 90
    return replace(geometry, shape=twin, axes=(half, half), tilt=tilt)


def _shape(family: Family, aspect: float) -> Shape:
    if family == "ellipse":
        return "round" if aspect >= _ROUND else "oval"
    if family == "rectangle":
        return "square" if aspect >= _SQUARE else "rectangle"
    return "diamond"
