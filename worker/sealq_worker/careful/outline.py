"""Outlines of seals as curves, many at a time: points along them, and how a box bounds them.

An outline is a row of five numbers: centre x and y, half axes a and b, and the tilt in radians,
counter-clockwise as seen with y down, from the x axis to the axis of a.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.observation import Geometry

Points = NDArray[np.float64]
#: (n, 5): x, y, a, b, tilt.
Outlines = NDArray[np.float64]
Family = Literal["ellipse", "rectangle", "diamond"]

#: Points at which an ellipse's length is summed.
_FINE = 1440

#: Near 45 degrees a box says nothing of the axes: below this determinant none are given.
_INDEFINITE = 0.05

#: Corners of half axes 1, clockwise as seen.
_CORNERS = {
    "rectangle": np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
    "diamond": np.array([(-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0)]),
}


def family_of(geometry: Geometry) -> Family:
    """Return what kind of curve a seal's outline is."""
    if geometry.shape in {"round", "oval"}:
        return "ellipse"
    return "diamond" if geometry.shape == "diamond" else "rectangle"


def unit_points(family: Family, count: int) -> Points:
    """Return points along the outline of half axes 1, (count, 2)."""
    if family == "ellipse":
        t = np.arange(count) * (2 * math.pi / count)
        return np.stack([np.cos(t), np.sin(t)], axis=1)
    corners = _CORNERS[family]
    at = np.arange(count) * (4 / count)
    closed = np.concatenate([corners, corners[:1]])
    return np.stack([np.interp(at, np.arange(5), closed[:, axis]) for axis in (0, 1)], axis=1)


def placed(outlines: Outlines, unit: Points) -> Points:
    """Return points of the unit outline where each outline has them, (n, count, 2)."""
    x, y, a, b, tilt = (column[:, None] for column in outlines.T)
    u, v = unit[:, 0] * a, unit[:, 1] * b
    cos, sin = np.cos(tilt), np.sin(tilt)
    points = np.empty((2, *u.shape))
    points[0] = x + u * cos + v * sin
    points[1] = y - u * sin + v * cos
    return np.moveaxis(points, 0, 2)


def bounded(family: Family, box: tuple[float, float, float, float], tilts: Points) -> Outlines:
    """Return the outlines of given tilts that touch all four sides of a box.

    Args:
        family: Of what kind.
        box: x1, y1, x2, y2.
        tilts: (n,) in radians; of a rectangle those near 45 degrees are taken as 40.

    Returns:
        At most n outlines: some boxes bound no outline of some tilts.
    """
    x1, y1, x2, y2 = box
    p, q = (x2 - x1) / 2, (y2 - y1) / 2
    c, s = np.abs(np.cos(tilts)), np.abs(np.sin(tilts))
    if family == "diamond":
        a, b = (
            np.minimum(p / c, q / np.maximum(s, 1e-9)),
            np.minimum(q / c, p / np.maximum(s, 1e-9)),
        )
    else:
        power = 2 if family == "ellipse" else 1
        d = c ** (2 * power) - s ** (2 * power)
        d = np.where(np.abs(d) < _INDEFINITE, np.nan, d)
        a = (p**power * c**power - q**power * s**power) / d
        b = (q**power * c**power - p**power * s**power) / d
        a, b = (np.sign(side) * np.abs(side) ** (1 / power) for side in (a, b))
    centre = np.broadcast_to(((x1 + x2) / 2, (y1 + y2) / 2), (len(tilts), 2))
    found = np.column_stack([centre, a, b, tilts])
    least = 0.12 * max(p, q)
    sound: Outlines = found[(np.nan_to_num(a) > least) & (np.nan_to_num(b) > least)]
    return sound


def as_outline(geometry: Geometry) -> Outlines:
    """Return a geometry as one outline, (1, 5)."""
    return np.array([(*geometry.centre, *geometry.axes, math.radians(geometry.tilt))])


def outline_of(geometry: Geometry, count: int) -> Points:
    """Return points along a seal's outline, (count, 2)."""
    points: Points = placed(as_outline(geometry), unit_points(family_of(geometry), count))[0]
    return points


def evenly_along(a: float, b: float, count: int) -> Points:
    """Return the angles of points equally far apart along an ellipse, (count,), in radians."""
    t = np.linspace(0, 2 * math.pi, _FINE + 1)
    steps = np.hypot(a * np.diff(np.cos(t)), b * np.diff(np.sin(t)))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    angles: Points = np.interp(np.arange(count) / count * along[-1], along, t)
    return angles


def length_of(a: float, b: float) -> float:
    """Return the length of an ellipse's outline, by Ramanujan's approximation."""
    h = ((a - b) / (a + b)) ** 2
    return math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))
