"""Writes on a sheet the way people and printers do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import geometry, names, phrases
from sealbench.chance import between, happens, pick
from sealbench.fonts import Split, faces
from sealbench.glyphs import tile
from sealbench.sheet import BLACK, Colour, Sheet

#: A point on the sheet in millimetres.
Spot = tuple[float, float]
#: Inks of pens, BGR.
_PENS: tuple[Colour, ...] = ((50, 45, 45), (130, 60, 30), (160, 70, 25), (30, 25, 25))


#: Inks of lines that are to be seen, BGR.
_ACCENTS: tuple[Colour, ...] = ((40, 30, 200), (180, 70, 20), (60, 60, 150))


class Writer:
    """A hand that writes on one sheet with the fonts of one split."""

    def __init__(self, sheet: Sheet, rng: np.random.Generator, split: Split) -> None:
        self.sheet = sheet
        self.rng = rng
        self.split = split
        self.face = pick(rng, faces(split).chinese)
        self.bold = pick(rng, faces(split).chinese)
        self.latin = pick(rng, faces(split).latin)
        self.pen = pick(rng, _PENS)

    def prose(self, left: float, top: float, right: float, bottom: float, body: float) -> float:
        """Print paragraphs into a field until it is full and return where the last line ended.

        Args:
            left: Of the field, in millimetres, as `top`, `right` and `bottom`.
            top: See `left`.
            right: See `left`.
            bottom: See `left`.
            body: Height of the characters in millimetres.
        """
        step = body * between(self.rng, 1.35, 2.1)
        # Red and blue lines are print all the same.
        accent = pick(self.rng, _ACCENTS) if happens(self.rng, 0.12) else BLACK
        per_line = max(4, int((right - left) / body))
        y = top
        while y < bottom:
            text = "　　" + phrases.paragraph(self.rng, self.split, int(self.rng.integers(1, 4)))
            colour = accent if happens(self.rng, 0.3) else BLACK
            for i in range(0, len(text), per_line):
                if y > bottom:
                    break
                line = text[i : i + per_line]
                self.sheet.write((left, y), line, self.face, body, colour=colour)
                y += step
        return y

    def fields(self, left: float, top: float, count: int, step: float, body: float) -> float:
        """Print labels with values below each other and return the height of the next line."""
        for i in range(count):
            text = f"{phrases.label(self.rng)}：{phrases.value(self.rng, self.split)}"
            self.sheet.write((left, top + i * step), text, self.face, body)
        return top + count * step

    def signature(self, x: float, y: float, width: float = 24.0) -> None:
        """Sign by hand, in loops, centred on a point."""
        rng = self.rng
        count = int(rng.integers(9, 18))
        steps = np.linspace(-0.5, 0.5, count) * width
        knots = np.stack([steps, rng.normal(0, width * 0.16, count)], axis=1)
        knots += rng.normal(0, width * 0.07, knots.shape)
        points = _smooth(knots) + np.array([x, y])
        self.sheet.curve(points, between(rng, 0.25, 0.6), self.pen)
        self.sheet.signatures.append(geometry.hull(points * self.sheet.scale))

    def by_hand(self, x: float, y: float, text: str, height: float) -> None:
        """Write a line by hand: every character leans, grows and sinks a little differently."""
        chinese, latin = faces(self.split).chinese[-1], pick(self.rng, faces(self.split).hand)
        weight = int(self.rng.integers(0, 2))
        for char in text:
            own = _chinese(char)
            self._scrawl((x, y), char, chinese if own else latin, height, weight)
            x += height * (between(self.rng, 0.9, 1.1) if own else 0.55)

    def table(
        self, columns: Sequence[float], rows: Sequence[float], body: float, colour: Colour = BLACK
    ) -> None:
        """Print a table with a head and something in most cells; edges in millimetres."""
        self.sheet.grid(list(columns), list(rows), colour)
        for i, (top, bottom) in enumerate(pairwise(rows)):
            for left, right in pairwise(columns):
                if i and happens(self.rng, 0.12):
                    continue
                text = phrases.label(self.rng) if i == 0 else phrases.value(self.rng, self.split)
                text = text[: max(1, int((right - left) / body))]
                middle = ((left + right) / 2, (top + bottom) / 2)
                ink = colour if i == 0 else BLACK
                self.sheet.write(middle, text, self.face, body, colour=ink, anchor=0.5)

    def party(self, x: float, y: float, who: str, body: float) -> Spot:
        """Print a signature block and return where its seal belongs, in millimetres."""
        step = body * between(self.rng, 1.8, 2.8)
        lines = [
            f"{who}（盖章）：{names.company(self.rng, self.split)}",
            "代表人签字：",
            names.date(self.rng),
        ]
        for i, text in enumerate(lines):
            self.sheet.write((x, y + i * step), text, self.face, body)
        if happens(self.rng, 0.6):
            self.signature(x + body * 12, y + step)
        return x + between(self.rng, 22, 48), y + step * between(self.rng, 0.2, 1.8)

    def _scrawl(self, at: Spot, char: str, face: Path, height: float, weight: int) -> None:
        """Write a character, the left end of its line's middle at a point."""
        if char.isspace():
            return
        scale = self.sheet.scale
        image = tile(face, char, height * scale, weight)
        em = image.shape[0] / 2
        zoom = height * scale / em * between(self.rng, 0.85, 1.15)
        slant = between(self.rng, -0.25, 0.1)
        side = max(4, round(2 * height * scale))
        lean = np.array([(1, slant, 0), (0, 1, 0), (0, 0, 1)], float)
        matrix = (
            geometry.shift(side / 2, side / 2)
            @ geometry.turn(between(self.rng, -7, 7))
            @ lean
            @ np.diag([zoom, zoom, 1.0])
            @ geometry.shift(-em, -em)
        )
        alpha: NDArray[np.uint8] = cv2.warpAffine(image, matrix[:2], (side, side)).astype(np.uint8)
        drop = between(self.rng, -0.08, 0.08) * height
        corner = (round(at[0] * scale - side / 4), round((at[1] + drop) * scale - side / 2))
        self.sheet.ink(alpha, self.pen, corner)


def _chinese(char: str) -> bool:
    """Say whether a character, or its wide punctuation, is only in the Chinese fonts."""
    return char >= "⺀"


def _smooth(knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a curve through knots (n, 2), as a Catmull-Rom spline."""
    t = np.linspace(0, 1, 8, endpoint=False)[:, None]
    a, b, c, d = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    curve: NDArray[np.float64] = (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    ) / 2
    return curve.reshape(-1, 2)
