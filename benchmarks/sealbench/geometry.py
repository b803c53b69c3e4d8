"""Outlines and how they move. Points are arrays of shape (n, 2): x right, y down, in pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sealbench.truth import Box, Polygon

Points = NDArray[np.float64]
#: A homography or a part of one: (3, 3).
Matrix = NDArray[np.float64]

#: Corners that stand for an ellipse; its outline is then off by at most 0.1 % of its radius.
_ELLIPSE_CORNERS = 72
#: Digits of a pixel that the truth keeps.
_DIGITS = 2


def ellipse(half_width: float, half_height: float) -> Points:
    """Return the outline of an ellipse around the origin."""
    t = np.linspace(0, 2 * math.pi, _ELLIPSE_CORNERS, endpoint=False)
    return np.stack([half_width * np.cos(t), half_height * np.sin(t)], axis=1)


def rectangle(x1: float, y1: float, x2: float, y2: float) -> Points:
    """Return the corners of an upright rectangle."""
    return np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], float)


def shift(x: float, y: float) -> Matrix:
    """Return the matrix that moves by (x, y)."""
    return np.array([(1, 0, x), (0, 1, y), (0, 0, 1)], float)


def turn(degrees: float) -> Matrix:
    """Return the matrix that turns counter-clockwise, as seen with y down, about the origin."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([(c, s, 0), (-s, c, 0), (0, 0, 1)], float)


def moved(points: Points, matrix: Matrix) -> Points:
    """Return the points where the homography puts them."""
    spread: Points = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return spread[:, :2] / spread[:, 2:]


def area(points: Points) -> float:
    """Return the area of a polygon without crossings."""
    if len(points) == 0:
        return 0.0
    x, y = points[:, 0], points[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def clipped(points: Points, window: Points) -> Points:
    """Return what of a convex polygon lies in a convex window; (0, 2) where nothing does."""
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        points = _left_part(points, start, end)
    return points


def hull(points: Points) -> Points:
    """Return the convex hull."""
    corners: Points = cv2.convexHull(points.astype(np.float32))[:, 0].astype(float)
    return corners


def bounds(points: Points) -> Box:
    """Return x1, y1, x2, y2 around the points."""
    (x1, y1), (x2, y2) = points.min(axis=0), points.max(axis=0)
    return (
        round(float(x1), _DIGITS),
        round(float(y1), _DIGITS),
        round(float(x2), _DIGITS),
        round(float(y2), _DIGITS),
    )


def as_polygon(points: Points) -> Polygon:
    """Return the points as the truth writes them."""
    return tuple((round(float(x), _DIGITS), round(float(y), _DIGITS)) for x, y in points)


def _left_part(points: Points, start: Points, end: Points) -> Points:
    """Cut off what lies outside the edge of a window whose corners run clockwise on the screen."""
    if len(points) == 0:
        return points
    edge = end - start
    inward = edge[0] * (points[:, 1] - start[1]) - edge[1] * (points[:, 0] - start[0])
    kept: list[Points] = []
    for i in range(len(points)):
        before, here = inward[i - 1], inward[i]
        if (before < 0) != (here < 0):
            kept.append(points[i - 1] + (points[i] - points[i - 1]) * (before / (before - here)))
        if here >= 0:
            kept.append(points[i])
    return np.array(kept).reshape(-1, 2)
