"""Where the texts of a plate stand: the line through their characters, and which way is up.

All in millimetres from the seal's centre, y down, as plates are designed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sealbench.design import Arc, Line
from sealbench.geometry import Points

#: Points by which a line is given.
_POINTS = 64
#: Steps in which an ellipse's length is summed, over a turn.
_STEPS = 720


@dataclass(frozen=True)
class Rail:
    """A line on which characters stand.

    Attributes:
        middle: (n, 2), through their centres, in reading direction.
        up: (n, 2), of length 1: from their feet to their heads.
    """

    middle: Points
    up: Points

    def beside(self, off: float) -> Points:
        """Return the line so many millimetres above it."""
        return self.middle + off * self.up


def pitch_of(text: Arc | Line) -> float:
    """Return the millimetres from one character to the next."""
    if isinstance(text, Line):
        return text.pitch
    table = _Ellipse(text)
    start, end = table.ends
    return (end - start) / max(1, len(text.text) - 1)


def circumference(arc: Arc) -> float:
    """Return the length of the whole ellipse on which an arc's characters stand."""
    table = _Ellipse(arc)
    return table.at(math.pi) - table.at(-math.pi)


def rail_of(text: Arc | Line, before: float, after: float) -> Rail:
    """Return the line of a text from its first character's centre to its last's, and beyond.

    Args:
        text: On the plate.
        before: Millimetres by which it begins earlier.
        after: Millimetres by which it ends later.
    """
    if isinstance(text, Line):
        half = (len(text.text) - 1) * text.pitch / 2
        x = np.linspace(-half - before, half + after, _POINTS)
        return Rail(
            np.column_stack([x, np.full(_POINTS, text.y)]), np.tile([0.0, -1.0], (_POINTS, 1))
        )
    return _Ellipse(text).rail(before, after)


class _Ellipse:
    """The ellipse of an arc, measured; its angles run from the top in reading direction."""

    def __init__(self, arc: Arc) -> None:
        self._arc = arc
        # Twice around: a strip may begin anywhere and go round once.
        self._angles = np.linspace(-2 * math.pi, 2 * math.pi, 4 * _STEPS)
        a, b = arc.radii
        steps = np.hypot(a * np.diff(np.sin(self._angles)), b * np.diff(np.cos(self._angles)))
        self._along = np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def ends(self) -> tuple[float, float]:
        """How far along the first and the last character stand."""
        half = math.radians(abs(self._arc.sweep) / 2)
        return self.at(-half), self.at(half)

    def at(self, angle: float) -> float:
        """Return how far along an angle lies."""
        return float(np.interp(angle, self._angles, self._along))

    def rail(self, before: float, after: float) -> Rail:
        start, end = self.ends
        along = np.linspace(start - before, end + after, _POINTS)
        t = np.interp(along, self._along, self._angles)
        (a, b), side = self._arc.radii, math.copysign(1, self._arc.sweep)
        slope = side * np.arctan2(np.sin(t) / a, np.cos(t) / b)
        middle = np.column_stack([a * np.sin(t), -side * b * np.cos(t)])
        return Rail(middle, np.column_stack([np.sin(slope), -np.cos(slope)]))
