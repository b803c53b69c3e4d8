"""A design as plain shapes, for whoever draws it: as pixels or as paths of a PDF."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sealbench import geometry
from sealbench.design import Arc, Bar, Columns, Design, Emblem, Frame, Lettering, Line, Star
from sealbench.geometry import Points

#: Steps in which an ellipse's arc length is summed.
_ARC_STEPS = 256
#: Points of an outline that has a gap.
_OUTLINE_STEPS = 180


@dataclass(frozen=True)
class Area:
    """A filled polygon, less a hole. Millimetres from the seal's centre, as everywhere here."""

    points: Points
    hole: Points | None = None


@dataclass(frozen=True)
class Stroke:
    """A closed line of some width."""

    points: Points
    width: float


@dataclass(frozen=True)
class Letter:
    """A character: its centre, and degrees clockwise by which it is turned."""

    char: str
    x: float
    y: float
    turn: float
    letters: Lettering


Shape = Area | Stroke | Letter


def outline(design: Design) -> Points:
    """Return a seal's outer edge."""
    return edge(design, 0.0)


def edge(design: Design, inset: float) -> Points:
    """Return a seal's edge moved inward, its corners rounded where the design has them so."""
    half = np.array(design.size) / 2
    if design.shape == "diamond":
        inset *= math.hypot(*half) / min(half)
        corners = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)], float)
        return corners * (half - inset)
    if design.shape in {"round", "oval"}:
        return geometry.ellipse(*(half - inset))
    corners = geometry.rectangle(-1, -1, 1, 1) * (half - inset)
    radius = design.corner - inset
    return _rounded(corners, radius) if radius > 0 else corners


def shapes(design: Design) -> Iterator[Shape]:
    """Yield all that is cut, in the order of the elements."""
    for element in design.elements:
        match element:
            case Frame():
                yield _frame(design, element)
            case Star():
                yield from _star(element)
            case Emblem():
                yield from _emblem(element)
            case Bar(y, length, width):
                yield Area(
                    geometry.rectangle(-length / 2, y - width / 2, length / 2, y + width / 2)
                )
            case Arc():
                yield from arc_letters(element)
            case Line():
                yield from _line(element)
            case Columns():
                yield from _columns(element)


def arc_letters(arc: Arc) -> Iterator[Letter]:
    """Yield the characters of an arc, equally far apart."""
    a, b = arc.radii
    t = np.radians(np.linspace(-abs(arc.sweep) / 2, abs(arc.sweep) / 2, _ARC_STEPS))
    steps = np.hypot(a * np.diff(np.sin(t)), b * np.diff(np.cos(t)))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    side = math.copysign(1, arc.sweep)
    angles = np.interp(np.linspace(0, along[-1], len(arc.text)), along, t)
    for char, angle in zip(arc.text, angles.tolist(), strict=True):
        slope = math.degrees(math.atan2(math.sin(angle) / a, math.cos(angle) / b))
        x, y = a * math.sin(angle), -side * b * math.cos(angle)
        yield Letter(char, x, y, side * slope, arc.letters)


def star_corners(star: Star) -> Points:
    """Return the ten corners of a star."""
    inner = star.radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    angles = np.radians(36 * np.arange(10))
    radii = np.where(np.arange(10) % 2, inner, star.radius)
    return np.stack([star.x + radii * np.sin(angles), star.y - radii * np.cos(angles)], axis=1)


def _frame(design: Design, frame: Frame) -> Area:
    outer, inner = edge(design, frame.inset), edge(design, frame.inset + frame.width)
    if not frame.gap:
        return Area(outer, inner)
    # The gap's place follows from its size: a design needs no further number for it.
    first = round(frame.gap * 5000) % _OUTLINE_STEPS
    kept = (first + np.arange(round(_OUTLINE_STEPS * (1 - frame.gap)))) % _OUTLINE_STEPS
    band = [_resampled(outer)[kept], _resampled(inner)[kept][::-1]]
    return Area(np.concatenate(band))


def _star(star: Star) -> Iterator[Shape]:
    corners = star_corners(star)
    yield Stroke(corners, star.radius * 0.09) if star.hollow else Area(corners)


def _emblem(emblem: Emblem) -> Iterator[Shape]:
    middle, radius = np.array([0.0, emblem.y]), emblem.radius
    yield Stroke(geometry.ellipse(radius, radius) + middle, radius * 0.1)
    yield Area(star_corners(Star(0, emblem.y - radius * 0.3, radius * 0.35)))
    if emblem.kind == 0:
        for x in (-0.5, -0.25, 0.25, 0.5):
            yield Area(star_corners(Star(x * radius, emblem.y + 0.12 * radius, radius * 0.13)))
        yield Area(geometry.rectangle(-0.6, 0.35, 0.6, 0.6) * radius + middle)
        return
    ray = np.array([(0.35, -0.05), (0.8, -0.02), (0.8, 0.02), (0.35, 0.05)]) * radius
    for angle in np.linspace(20, 160, 3 + 2 * emblem.kind).tolist():
        yield Area(geometry.moved(ray, geometry.turn(-angle)) + middle)


def _line(line: Line) -> Iterator[Letter]:
    for i, char in enumerate(line.text):
        x = (i - (len(line.text) - 1) / 2) * line.pitch
        yield Letter(char, x, line.y, 0.0, line.letters)


def _columns(block: Columns) -> Iterator[Letter]:
    width, height = block.size
    pitch = width / len(block.columns)
    for i, column in enumerate(block.columns):
        step = height / len(column)
        letters = replace(block.letters, height=step, width=pitch)
        for j, char in enumerate(column):
            x, y = width / 2 - (i + 0.5) * pitch, (j + 0.5) * step - height / 2
            yield Letter(char, x, y, 0.0, letters)


def _rounded(corners: Points, radius: float) -> Points:
    """Replace the corners of a rectangle by quarter circles."""
    quarter = np.radians(np.linspace(0, 90, 6))
    arc = np.stack([np.cos(quarter), np.sin(quarter)], axis=1) * radius
    parts = []
    for corner in corners:
        sign = np.sign(corner)
        part = corner - sign * radius + arc * sign
        parts.append(part if sign[0] * sign[1] > 0 else part[::-1])
    return np.concatenate(parts)


def _resampled(points: Points) -> Points:
    """Return a closed outline as points at equal shares of its length."""
    closed = np.concatenate([points, points[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, along[-1], _OUTLINE_STEPS, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], axis=1)
