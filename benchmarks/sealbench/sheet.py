"""A sheet of paper as it lies upright and flat: print, ink, and where seals were stamped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import draw, geometry
from sealbench.geometry import Points
from sealbench.glyphs import row
from sealbench.ink import Impression
from sealbench.marks import Curve, Inked, Lookalike, Mark, Print, Seal, Stamped

Colour = tuple[int, int, int]
#: Millimetres in an inch.
INCH = 25.4
#: Ink of a printer, BGR.
BLACK: Colour = (40, 36, 34)
#: Share of dark pixels under a seal from which on it is said to lie over text, and what is dark.
_PRINTED, _DARK = 0.015, 110


@dataclass
class Sheet:
    """Paper with print on it. Millimetres from the upper left corner, x right, y down.

    Attributes:
        size: Width and height in millimetres.
        dpi: Dots per inch.
        image: (h, w, 3) BGR uint8.
        marks: All that was put on it, in that order, for whoever wants to draw it again.
        stamped: Seals, in the order in which they were stamped.
        lookalikes: What looks like a seal.
        signatures: Outlines of signatures, in pixels.
    """

    size: tuple[float, float]
    dpi: int
    image: NDArray[np.uint8]
    marks: list[Mark] = field(default_factory=list)
    stamped: list[Stamped] = field(default_factory=list)
    lookalikes: list[Lookalike] = field(default_factory=list)
    signatures: list[Points] = field(default_factory=list)

    @property
    def scale(self) -> float:
        """Pixels per millimetre."""
        return self.dpi / INCH

    @property
    def frame(self) -> Points:
        """The sheet's corners in pixels."""
        return geometry.rectangle(0, 0, self.image.shape[1], self.image.shape[0])

    def write(
        self,
        at: tuple[float, float],
        text: str,
        face: Path,
        height: float,
        *,
        colour: Colour = BLACK,
        anchor: float = 0.0,
        gap: float = 0.0,
    ) -> float:
        """Print a line and return its width in millimetres.

        Args:
            at: Left end, or the point that `anchor` says, at the middle of the line's height.
            text: At least one character.
            face: Font file.
            height: Of the em, in millimetres.
            colour: BGR.
            anchor: Share of the line that stands left of `at`: 0.5 centres it.
            gap: Millimetres between characters.
        """
        size = max(4, round(height * self.scale))
        alpha = row(face, text, size, round(gap * self.scale))
        x = round(at[0] * self.scale - anchor * alpha.shape[1])
        y = round(at[1] * self.scale - alpha.shape[0] / 2)
        self._press(alpha, colour, (x, y))
        self.marks.append(Print((x, y), text, face, size, colour, round(gap * self.scale)))
        return float(alpha.shape[1] / self.scale)

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        width: float = 0.25,
        colour: Colour = BLACK,
    ) -> None:
        """Print a straight line, `width` mm thick."""
        self.curve(np.array([start, end]), width, colour)

    def grid(self, columns: Sequence[float], rows: Sequence[float], colour: Colour = BLACK) -> None:
        """Print the lines of a table."""
        for x in columns:
            self.line((x, rows[0]), (x, rows[-1]), colour=colour)
        for y in rows:
            self.line((columns[0], y), (columns[-1], y), colour=colour)

    def curve(self, points: Points, width: float, colour: Colour) -> None:
        """Print a line through points in millimetres, `width` mm thick."""
        pixels = points * self.scale
        draw.stroke(self.image, pixels, width * self.scale, colour)
        self.marks.append(Curve(pixels, max(1.0, width * self.scale), colour))

    def area(self, points: Points, colour: Colour) -> None:
        """Print a polygon in millimetres, filled."""
        pixels = points * self.scale
        draw.fill(self.image, pixels, colour)
        self.marks.append(Curve(pixels, None, colour))

    def ink(self, alpha: NDArray[np.uint8], colour: Colour, corner: tuple[int, int]) -> None:
        """Lay translucent ink on the paper: it takes light away, so print shows through.

        Args:
            alpha: (h, w), 255 for all the ink.
            colour: BGR of thick ink on white.
            corner: Pixels of the upper left corner; parts off the sheet are lost.
        """
        self._press(alpha, colour, corner)
        self.marks.append(Inked(alpha, colour, corner))

    def stamp(
        self,
        seal: Seal,
        impression: Impression,
        centre: tuple[float, float],
        strip: tuple[float, float] | None = None,
    ) -> None:
        """Press a seal.

        Args:
            seal: What it is.
            impression: Its ink.
            centre: Where its centre comes to lie, in millimetres.
            strip: From where to where, in millimetres right of its centre, it touches this sheet:
                the rest fell on other pages. None: all of it.
        """
        alpha, outline = impression.alpha, impression.outline
        part = outline if strip is None else _strip(outline, strip, self.scale)
        if strip is not None:
            alpha = _strip_of_ink(alpha, strip, self.scale)
        height, width = alpha.shape
        corner = tuple(
            round(at * self.scale - side / 2)
            for at, side in zip(centre, (width, height), strict=True)
        )
        middle = np.array(corner) + np.array([width, height]) / 2
        habits = self._habits(alpha, corner, part + middle)
        self._press(alpha, impression.colour, corner)
        self.marks.append(Inked(alpha, impression.colour, corner, seal))
        self.stamped.append(Stamped(seal, tuple(middle), outline + middle, part + middle, habits))

    def note(self, kind: str, outline: Points) -> None:
        """Note that what lies inside the outline, in millimetres, looks like a seal."""
        self.lookalikes.append(Lookalike(kind, outline * self.scale))

    def _press(self, alpha: NDArray[np.uint8], colour: Colour, corner: tuple[int, ...]) -> None:
        x, y = corner
        target = self.image[
            max(0, y) : max(0, y + alpha.shape[0]), max(0, x) : max(0, x + alpha.shape[1])
        ]
        if target.size:
            source = alpha[max(0, -y) :, max(0, -x) :][: target.shape[0], : target.shape[1]]
            passed = cv2.LUT(cv2.merge([source] * 3), _light(colour))
            cv2.multiply(target, passed, dst=target, scale=1 / 255)

    def _habits(
        self, alpha: NDArray[np.uint8], corner: tuple[int, ...], outline: Points
    ) -> tuple[str, ...]:
        """Return what a seal is about to lie on."""
        x, y = corner
        bottom, right = max(0, y + alpha.shape[0]), max(0, x + alpha.shape[1])
        under = self.image[max(0, y) : bottom, max(0, x) : right, 1]
        found = {
            "over_text": bool(under.size) and float((under < _DARK).mean()) > _PRINTED,
            "over_signature": any(_meet(outline, other) for other in self.signatures),
            "overlapping": any(_meet(outline, other.part) for other in self.stamped),
        }
        return tuple(habit for habit, seen in found.items() if seen)


def _strip(outline: Points, strip: tuple[float, float], scale: float) -> Points:
    far = float(np.abs(outline).max()) + 1
    return geometry.clipped(
        outline, geometry.rectangle(strip[0] * scale, -far, strip[1] * scale, far)
    )


def _strip_of_ink(
    alpha: NDArray[np.uint8], strip: tuple[float, float], scale: float
) -> NDArray[np.uint8]:
    left, right = (max(0, round(alpha.shape[1] / 2 + x * scale)) for x in strip)
    kept = np.zeros_like(alpha)
    kept[:, left:right] = alpha[:, left:right]
    return kept


def _meet(one: Points, other: Points) -> bool:
    return geometry.area(geometry.clipped(geometry.hull(one), geometry.hull(other))) > 0


def _light(colour: Colour) -> NDArray[np.uint8]:
    """Return, for each amount of ink and each channel, the light that passes."""
    amount = np.arange(256)[:, None] / 255
    table: NDArray[np.uint8] = np.rint(255 - amount * (255 - np.array(colour))).astype(np.uint8)
    return table[None]
