"""Cuts a design: a mask of where the plate touches the paper."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import geometry
from sealbench.design import Arc, Bar, Columns, Design, Emblem, Frame, Lettering, Line, Star
from sealbench.geometry import Points
from sealbench.glyphs import tile

Mask = NDArray[np.uint8]

#: A plate is drawn so many times finer than it is used.
FINENESS = 2
#: Clear space around a plate in millimetres, for ink that runs.
MARGIN = 1.5
#: OpenCV draws in these fractions of a pixel.
_FRACTION_BITS = 4
#: Steps in which an ellipse's arc length is summed.
_ARC_STEPS = 256


def cut(design: Design, scale: float) -> Mask:
    """Return a plate's mask.

    Args:
        design: What to cut.
        scale: Pixels per millimetre of the mask.

    Returns:
        (h, w), 255 where the plate touches; the seal's centre is the mask's.
    """
    plate = Plate(design, scale)
    for element in design.elements:
        plate.draw(element)
    return plate.finished()


def outline(design: Design) -> Points:
    """Return a seal's outer edge, in millimetres from its centre."""
    half_width, half_height = design.size[0] / 2, design.size[1] / 2
    if design.shape in {"round", "oval"}:
        return geometry.ellipse(half_width, half_height)
    if design.shape == "diamond":
        return np.array([(0, -half_height), (half_width, 0), (0, half_height), (-half_width, 0)])
    return geometry.rectangle(-half_width, -half_height, half_width, half_height)


class Plate:
    """A plate while it is cut; addressed in millimetres from its centre, y down."""

    def __init__(self, design: Design, scale: float) -> None:
        self._design = design
        self._scale = scale * FINENESS
        sides = [round((side + 2 * MARGIN) * scale) * FINENESS for side in design.size]
        self._mask: Mask = np.zeros((sides[1], sides[0]), np.uint8)
        self._centre = np.array([sides[0], sides[1]], float) / 2

    def draw(self, element: Frame | Star | Emblem | Bar | Arc | Line | Columns) -> None:
        """Cut one element."""
        match element:
            case Frame():
                self._frame(element)
            case Star():
                self._star(element)
            case Emblem():
                self._emblem(element)
            case Bar(y, length, width):
                half = length / 2
                self._fill(geometry.rectangle(-half, y - width / 2, half, y + width / 2))
            case Arc():
                self._arc(element)
            case Line():
                self._line(element)
            case Columns():
                self._columns(element)

    def finished(self) -> Mask:
        """Return the mask at its own scale."""
        mask = self._mask
        if self._design.reversed:
            ground = np.zeros_like(mask)
            cv2.fillPoly(ground, [self._fixed(self._edge(0))], 255, cv2.LINE_AA, _FRACTION_BITS)
            mask = cv2.subtract(ground, mask)
        size = (mask.shape[1] // FINENESS, mask.shape[0] // FINENESS)
        reduced: Mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        return reduced

    def _frame(self, frame: Frame) -> None:
        ring = np.zeros_like(self._mask)
        for inset, value in ((frame.inset, 255), (frame.inset + frame.width, 0)):
            edge = self._fixed(self._edge(inset))
            cv2.fillPoly(ring, [edge], value, cv2.LINE_AA, _FRACTION_BITS)
        if frame.gap:
            self._erase_sector(ring, frame.gap)
        np.maximum(self._mask, ring, out=self._mask)

    def _erase_sector(self, ring: Mask, gap: float) -> None:
        far = max(self._design.size)
        angle = gap * 40 * math.pi
        corners = [(far * math.cos(a), far * math.sin(a)) for a in (angle, angle + gap * math.tau)]
        wedge = self._fixed(np.array([(0.0, 0.0), *corners]))
        cv2.fillPoly(ring, [wedge], 0, cv2.LINE_AA, _FRACTION_BITS)

    def _edge(self, inset: float) -> Points:
        """Return the outline, moved inward, its corners rounded where the design has them so."""
        edge = outline(self._design)
        half = np.array(self._design.size) / 2
        if self._design.shape == "diamond":
            inset *= math.hypot(*half) / min(half)
        edge = edge * ((half - inset) / half)
        radius = self._design.corner - inset
        return _rounded(edge, radius) if radius > 0 else edge

    def _star(self, star: Star) -> None:
        corners = _star_corners(star)
        if star.hollow:
            points = self._fixed(corners)
            thickness = max(1, round(star.radius * 0.09 * self._scale))
            cv2.polylines(self._mask, [points], True, 255, thickness, cv2.LINE_AA, _FRACTION_BITS)
        else:
            self._fill(corners)

    def _emblem(self, emblem: Emblem) -> None:
        middle, radius = np.array([0.0, emblem.y]), emblem.radius
        rim = geometry.ellipse(radius, radius) + middle
        thickness = max(1, round(radius * 0.1 * self._scale))
        cv2.polylines(
            self._mask, [self._fixed(rim)], True, 255, thickness, cv2.LINE_AA, _FRACTION_BITS
        )
        self._star(Star(0, emblem.y - radius * 0.3, radius * 0.35))
        if emblem.kind == 0:
            for x in (-0.5, -0.25, 0.25, 0.5):
                self._star(Star(x * radius, emblem.y + 0.12 * radius, radius * 0.13))
            gate = geometry.rectangle(-0.6 * radius, 0.35 * radius, 0.6 * radius, 0.6 * radius)
            self._fill(gate + middle)
        else:
            for angle in np.linspace(20, 160, 3 + 2 * emblem.kind):
                ray = np.array([(0.35, -0.05), (0.8, -0.02), (0.8, 0.02), (0.35, 0.05)]) * radius
                self._fill(geometry.moved(ray, geometry.turn(-float(angle))) + middle)

    def _arc(self, arc: Arc) -> None:
        for char, (x, y, turn) in zip(arc.text, arc_places(arc), strict=True):
            self._letter(char, (x, y), turn, arc.letters)

    def _line(self, line: Line) -> None:
        c, s = math.cos(math.radians(line.slope)), math.sin(math.radians(line.slope))
        for i, char in enumerate(line.text):
            x, y = line.x + (i - (len(line.text) - 1) / 2) * line.pitch, line.y
            self._letter(char, (c * x - s * y, s * x + c * y), line.slope, line.letters)

    def _columns(self, block: Columns) -> None:
        width, height = block.size
        pitch = width / len(block.columns)
        for i, column in enumerate(block.columns):
            x = width / 2 - (i + 0.5) * pitch
            step = height / len(column)
            letters = Lettering(block.letters.face, step, pitch, block.letters.weight)
            for j, char in enumerate(column):
                self._letter(char, (x, (j + 0.5) * step - height / 2), 0, letters)

    def _letter(
        self, char: str, at: tuple[float, float], turn: float, letters: Lettering
    ) -> None:
        """Put a character's centre at a point, turned clockwise by so many degrees."""
        if char == " ":
            return
        image = tile(letters.face, char, letters.height * self._scale, letters.weight)
        em = image.shape[0] / 2
        wide, high = letters.width * self._scale / em, letters.height * self._scale / em
        reach = math.ceil(math.hypot(wide, high) * em)
        x, y = self._centre + np.array(at) * self._scale
        left, top = math.floor(x) - reach, math.floor(y) - reach
        matrix = (
            geometry.shift(x - left, y - top)
            @ geometry.turn(-turn)
            @ np.diag([wide, high, 1.0])
            @ geometry.shift(-em, -em)
        )
        # OpenCV's coordinates name pixels' centres.
        matrix = geometry.shift(-0.5, -0.5) @ matrix @ geometry.shift(0.5, 0.5)
        side = (2 * reach + 1, 2 * reach + 1)
        self._stick(cv2.warpAffine(image, matrix[:2], side, flags=cv2.INTER_LINEAR), left, top)

    def _stick(self, piece: NDArray[np.integer], left: int, top: int) -> None:
        x1, y1 = max(0, left), max(0, top)
        target = self._mask[y1 : top + piece.shape[0], x1 : left + piece.shape[1]]
        source = piece[y1 - top :, x1 - left :][: target.shape[0], : target.shape[1]]
        np.maximum(target, source.astype(np.uint8), out=target)

    def _fill(self, points: Points) -> None:
        cv2.fillPoly(self._mask, [self._fixed(points)], 255, cv2.LINE_AA, _FRACTION_BITS)

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        pixels = (points * self._scale + self._centre - 0.5) * (1 << _FRACTION_BITS)
        return np.rint(pixels).astype(np.int32)


def arc_places(arc: Arc) -> list[tuple[float, float, float]]:
    """Return where an arc's characters stand: x, y, degrees clockwise; equally far apart."""
    a, b = arc.radii
    t = np.radians(np.linspace(-abs(arc.sweep) / 2, abs(arc.sweep) / 2, _ARC_STEPS))
    steps = np.hypot(a * np.diff(np.sin(t)), b * np.diff(np.cos(t)))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    side = math.copysign(1, arc.sweep)
    angles = np.interp(np.linspace(0, along[-1], len(arc.text)), along, t)
    return [
        (
            float(a * np.sin(angle)),
            float(-side * b * np.cos(angle)),
            float(side * np.degrees(np.arctan2(np.sin(angle) / a, np.cos(angle) / b))),
        )
        for angle in angles
    ]


def _star_corners(star: Star) -> Points:
    inner = star.radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    angles = np.radians(36 * np.arange(10))
    radii = np.where(np.arange(10) % 2, inner, star.radius)
    return np.stack([star.x + radii * np.sin(angles), star.y - radii * np.cos(angles)], axis=1)


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
