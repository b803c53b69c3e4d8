"""Between a seal's crop and its ring as a straight strip; either way, points and pixels.

A place on the ring is `along`, the share of the outline's length clockwise from the end of the
first axis, and `depth`, pixels inward from the outline, square to it. Characters on oval seals
stand square to the outline and equally far apart along it, so a strip shows them undistorted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.observation import Geometry, Point
from sealq_worker.careful.outline import Points, as_outline, evenly_along, length_of, placed
from sealq_worker.careful.pixels import resampled, resized

#: Steps into which an outline is divided to find the foot of a point on it.
_STEPS = 720
#: Newton's steps to that foot.
_ROUNDS = 6


@dataclass(frozen=True)
class Strip:
    """Which part of the ring a strip shows.

    Attributes:
        start: `along` of its left edge (of its right edge where it is flipped).
        span: Share of the outline that it covers, from 0; above 1 it begins anew.
        outer: `depth` of its upper edge, pixels; of its lower one where it is flipped.
        inner: `depth` of its other edge, pixels.
        flipped: Turned by half a turn: it shows upright what is upright at the seal's bottom.
    """

    start: float
    span: float
    outer: float
    inner: float
    flipped: bool = False


def ring_points(geometry: Geometry, along: Points, depth: Points) -> Points:
    """Return where places on the ring lie in the crop.

    Args:
        geometry: Of an ellipse.
        along: (n,) shares of the outline's length.
        depth: (n,) pixels.

    Returns:
        (n, 2), x and y.
    """
    a, b = geometry.axes
    turns = np.floor(along)
    t = np.interp((along - turns) * _STEPS, np.arange(_STEPS + 1), _angles(a, b))
    local = np.stack([a * np.cos(t), b * np.sin(t)], axis=1)
    outward = np.stack([b * np.cos(t), a * np.sin(t)], axis=1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    return _to_crop(geometry, local - depth[:, None] * outward)


def ring_places(geometry: Geometry, points: Points) -> tuple[Points, Points]:
    """Return the inverse of `ring_points`: along, in [0, 1), and depth.

    Exact for points not deeper than the outline's sharpest bend.

    Args:
        geometry: Of an ellipse.
        points: (n, 2).
    """
    a, b = geometry.axes
    local = _to_local(geometry, points)
    t = np.arctan2(local[:, 1] / b, local[:, 0] / a)
    for _ in range(_ROUNDS):
        c, s = np.cos(t), np.sin(t)
        gap = local - np.stack([a * c, b * s], axis=1)
        slope = np.stack([-a * s, b * c], axis=1)
        bend = np.stack([-a * c, -b * s], axis=1)
        t += (gap * slope).sum(1) / np.maximum((slope**2).sum(1) - (gap * bend).sum(1), 1e-9)
    c, s = np.cos(t), np.sin(t)
    outward = np.stack([b * c, a * s], axis=1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    depth = -((local - np.stack([a * c, b * s], axis=1)) * outward).sum(1)
    steps = np.interp(t % (2 * np.pi), _angles(a, b), np.arange(_STEPS + 1))
    return steps / _STEPS % 1.0, depth


def unwrapped(
    image: NDArray[np.uint8],
    geometry: Geometry,
    strip: Strip,
    height: int,
    stretch: float = 1.0,
) -> NDArray[np.uint8]:
    """Return a part of the ring as a straight picture.

    Args:
        image: The crop, (h, w) or (h, w, 3).
        geometry: Of an ellipse.
        strip: Which part.
        height: Pixels.
        stretch: How much wider than high characters get than they are.

    Returns:
        (height, width) or (height, width, 3); beyond the crop its edge goes on.
    """
    size = (strip_width(geometry, strip, height, stretch), height)
    # Sampled more finely than the crop, then averaged: a fax's dots become grey again.
    fine = max(1, math.ceil((strip.inner - strip.outer) / height))
    drawn = _drawn(image, geometry, strip, (size[0] * fine, size[1] * fine))
    if fine == 1:
        return drawn
    return resized(drawn, size)


def strip_width(geometry: Geometry, strip: Strip, height: int, stretch: float = 1.0) -> int:
    """Return the width at which a strip's characters keep their proportions, times `stretch`."""
    a, b = geometry.axes
    centre = (strip.outer + strip.inner) / 2
    length = strip.span * length_of(max(1.0, a - centre), max(1.0, b - centre))
    return max(height, round(length * height / (strip.inner - strip.outer) * stretch))


def outline_of_strip(geometry: Geometry, strip: Strip, count: int = 12) -> tuple[Point, ...]:
    """Return the polygon around a strip in the crop: along its outer edge, back along the inner."""
    along = strip.start + np.linspace(0, strip.span, count)
    outer = ring_points(geometry, along, np.full(count, strip.outer))
    inner = ring_points(geometry, along[::-1], np.full(count, strip.inner))
    return tuple((float(x), float(y)) for x, y in np.concatenate([outer, inner]))


def _drawn(
    image: NDArray[np.uint8], geometry: Geometry, strip: Strip, size: tuple[int, int]
) -> NDArray[np.uint8]:
    width, height = size
    at_x, at_y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    if strip.flipped:
        at_x, at_y = at_x[::-1], at_y[::-1]
    along = strip.start + at_x * strip.span
    edge = ring_points(geometry, along, np.zeros(width))
    inward = ring_points(geometry, along, np.ones(width)) - edge
    depth = strip.outer + at_y * (strip.inner - strip.outer)
    return resampled(image, edge + depth[:, None, None] * inward)


@lru_cache(maxsize=4)
def _angles(a: float, b: float) -> Points:
    """Return the angles of all steps along an ellipse, the first one again at the end."""
    angles = np.append(evenly_along(a, b, _STEPS), 2 * np.pi)
    angles.setflags(write=False)
    return angles


def _to_local(geometry: Geometry, points: Points) -> Points:
    tilt = np.radians(geometry.tilt)
    c, s = np.cos(tilt), np.sin(tilt)
    moved = points - np.array(geometry.centre)
    return np.stack([moved[:, 0] * c - moved[:, 1] * s, moved[:, 0] * s + moved[:, 1] * c], axis=1)


def _to_crop(geometry: Geometry, local: Points) -> Points:
    outline = as_outline(geometry)
    outline[0, 2:4] = 1.0
    found: Points = placed(outline, local)[0]
    return found
