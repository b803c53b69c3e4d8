"""A sheet of paper as it lies upright and flat: print, ink, and where seals were stamped."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import geometry
from sealbench.design import Arc, Columns, Design, Line
from sealbench.geometry import Points
from sealbench.glyphs import row
from sealbench.ink import Impression

Colour = tuple[int, int, int]
#: Millimetres in an inch, points in a millimetre.
INCH = 25.4
POINT = INCH / 72
#: Ink of a printer.
BLACK: Colour = (40, 36, 34)


@dataclass(frozen=True)
class Stamped:
    """A seal on the sheet; all in the sheet's pixels.

    Attributes:
        seal_id: As in the truth.
        label: `seal` or `tax_mark`; whether it is cut is seen when the page is taken.
        design: What was cut.
        ink: Name of the colour.
        rotation: Degrees counter-clockwise.
        centre: Where the plate's centre lies.
        outline: Around all of the seal, also where the sheet ends.
        part: The piece of it that this sheet carries, where it straddles several; else its outline.
        position: Habits known so far: `over_text`, `over_signature`, `overlapping`, `straddling`.
    """

    seal_id: str
    label: str
    design: Design
    ink: str
    rotation: float
    centre: tuple[float, float]
    outline: Points
    part: Points
    position: tuple[str, ...]


@dataclass(frozen=True)
class Lookalike:
    """What looks like a seal and is none."""

    kind: str
    outline: Points


@dataclass
class Sheet:
    """Paper with print on it. Millimetres from the upper left corner, x right, y down.

    Attributes:
        size: Width and height in millimetres.
        dpi: Dots per inch.
        image: (h, w, 3) BGR uint8.
        stamped: Seals, in the order in which they were stamped.
        lookalikes: What looks like a seal.
        signatures: Outlines of signatures, in pixels.
    """

    size: tuple[float, float]
    dpi: int
    image: NDArray[np.uint8]
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
        x = at[0] * self.scale - anchor * alpha.shape[1]
        self.press(alpha, colour, (round(x), round(at[1] * self.scale - alpha.shape[0] / 2)))
        return alpha.shape[1] / self.scale

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        width: float = 0.25,
        colour: Colour = BLACK,
    ) -> None:
        """Print a straight line, `width` mm thick."""
        points = [
            (round(x * self.scale), round(y * self.scale)) for x, y in (start, end)
        ]
        thickness = max(1, round(width * self.scale))
        cv2.line(self.image, points[0], points[1], colour, thickness, cv2.LINE_AA)

    def grid(self, columns: list[float], rows: list[float], colour: Colour = BLACK) -> None:
        """Print the lines of a table."""
        for x in columns:
            self.line((x, rows[0]), (x, rows[-1]), colour=colour)
        for y in rows:
            self.line((columns[0], y), (columns[-1], y), colour=colour)

    def press(self, alpha: NDArray[np.uint8], colour: Colour, corner: tuple[int, int]) -> None:
        """Lay translucent ink on the paper: it takes light away, so print shows through.

        Args:
            alpha: (h, w), 255 for all the ink.
            colour: BGR of thick ink on white.
            corner: Pixels of the upper left corner; parts off the sheet are lost.
        """
        x, y = corner
        x1, y1 = max(0, x), max(0, y)
        target = self.image[y1 : max(0, y + alpha.shape[0]), x1 : max(0, x + alpha.shape[1])]
        if target.size == 0:
            return
        source = alpha[y1 - y :, x1 - x :][: target.shape[0], : target.shape[1]]
        passed = cv2.LUT(cv2.merge([source] * 3), _light(colour))
        cv2.multiply(target, passed, dst=target, scale=1 / 255)

    def stamp(
        self,
        design: Design,
        impression: Impression,
        centre: tuple[float, float],
        **about: str | float,
    ) -> None:
        """Press a seal centred on a point in millimetres; `about`: seal_id, label, ink, rotation."""
        height, width = impression.alpha.shape
        x, y = round(centre[0] * self.scale - width / 2), round(centre[1] * self.scale - height / 2)
        middle = np.array([x + width / 2, y + height / 2])
        outline = impression.outline + middle
        habits = self._habits(impression.alpha, (x, y), outline)
        self.press(impression.alpha, impression.colour, (x, y))
        self.stamped.append(
            Stamped(
                str(about["seal_id"]),
                str(about["label"]),
                design,
                str(about["ink"]),
                float(about["rotation"]),
                (float(middle[0]), float(middle[1])),
                outline,
                outline,
                habits,
            )
        )

    def _habits(
        self, alpha: NDArray[np.uint8], corner: tuple[int, int], outline: Points
    ) -> tuple[str, ...]:
        """Return what a seal is about to lie on."""
        found = []
        if self._printed_share(alpha, corner) > _PRINTED:
            found.append("over_text")
        if any(_meet(outline, other) for other in self.signatures):
            found.append("over_signature")
        if any(_meet(outline, other.outline) for other in self.stamped):
            found.append("overlapping")
        return tuple(found)

    def _printed_share(self, alpha: NDArray[np.uint8], corner: tuple[int, int]) -> float:
        x, y = corner
        under = self.image[
            max(0, y) : max(0, y + alpha.shape[0]), max(0, x) : max(0, x + alpha.shape[1]), 1
        ]
        if under.size == 0:
            return 0.0
        return float((under < _DARK).mean())


#: Share of dark pixels under a seal from which on it is said to lie over text, and what is dark.
_PRINTED = 0.015
_DARK = 110


def texts_of(design: Design) -> list[tuple[str, str, float]]:
    """Return role, text and height in millimetres of all that is to be read on a seal."""
    found = []
    for element in design.elements:
        if isinstance(element, Arc | Line) and element.role:
            found.append((element.role, element.text, element.letters.height))
        if isinstance(element, Columns):
            tallest = max(len(column) for column in element.columns)
            found.append((element.role, "".join(element.columns), element.size[1] / tallest))
    return found


def _meet(one: Points, other: Points) -> bool:
    area, _ = cv2.intersectConvexConvex(
        geometry.hull(one).astype(np.float32), geometry.hull(other).astype(np.float32)
    )
    return bool(area > 0)


def _light(colour: Colour) -> NDArray[np.uint8]:
    """Return, for each amount of ink and each channel, the light that passes."""
    amount = np.arange(256)[:, None] / 255
    table = 255 - amount * (255 - np.array(colour))
    return np.rint(table).astype(np.uint8)[None]
