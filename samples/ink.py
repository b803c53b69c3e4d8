"""Draws a seal as ink: a picture whose alpha channel says how much ink lies where."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFont
from seals import SIZES, Seal, Shape

#: Seals are drawn so many times finer than asked for, then reduced.
FINENESS = 4
#: Clear space around a seal in millimetres; a turned square needs most.
MARGIN = 5.0
#: Steps in which an ellipse's arc length is summed.
ARC_STEPS = 2000


class Place(NamedTuple):
    """Where a character stands: its centre in mm from the seal's, y down; degrees clockwise."""

    x: float
    y: float
    turn: float


@dataclass(frozen=True)
class Lettering:
    """How characters are cut.

    Attributes:
        height: Of the em square, in millimetres.
        width: Of the em square, in millimetres; seals squeeze long names.
        weight: Millimetres by which strokes are thickened on either side.
    """

    height: float
    width: float
    weight: float = 0.03


def draw_seal(seal: Seal, font: Path, pixels_per_mm: float) -> Image.Image:
    """Return the seal's ink.

    Args:
        seal: What to draw.
        font: TrueType font with Chinese characters.
        pixels_per_mm: Scale of the picture.

    Returns:
        RGBA, `MARGIN` wider than the seal on every side; the seal's centre is the picture's.
    """
    plate = Plate(seal, font, pixels_per_mm * FINENESS)
    {Shape.ROUND: cut_round, Shape.OVAL: cut_oval, Shape.SQUARE: cut_square}[seal.shape](plate)
    mask = plate.mask.rotate(seal.turn, Image.Resampling.BICUBIC)
    mask = mask.reduce(FINENESS)
    return pressed(mask, seal, pixels_per_mm)


class Plate:
    """The cut plate: an 8-bit mask addressed in millimetres from its centre, y down."""

    def __init__(self, seal: Seal, font: Path, scale: float) -> None:
        self.seal = seal
        self.size = SIZES[seal.shape]
        self._font = font
        self._scale = scale
        extent = [self._even((side + 2 * MARGIN) * scale) for side in self.size]
        self.mask = Image.new("L", (extent[0], extent[1]))
        self._draw = ImageDraw.Draw(self.mask)

    def frame(self, width: float) -> None:
        """Draw the outline, `width` mm thick."""
        right, bottom = self.size.width / 2, self.size.height / 2
        box = [*self._at(-right, -bottom), *self._at(right, bottom)]
        outline = self._draw.rectangle if self.seal.shape is Shape.SQUARE else self._draw.ellipse
        outline(box, outline=255, width=round(width * self._scale))

    def star(self, y: float, radius: float) -> None:
        """Draw a five-pointed star around (0, y) with the given outer radius, in mm."""
        inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
        corners = [
            self._at(r * math.sin(math.radians(36 * i)), y - r * math.cos(math.radians(36 * i)))
            for i in range(10)
            for r in [inner if i % 2 else radius]
        ]
        self._draw.polygon(corners, fill=255)

    def arc(self, text: str, radii: tuple[float, float], sweep: float, cut: Lettering) -> None:
        """Write along an ellipse; `radii` and `sweep` as `arc_places` takes them."""
        for char, place in zip(text, arc_places(len(text), radii, sweep), strict=True):
            self._letter(char, place, cut)

    def line(self, text: str, y: float, pitch: float, cut: Lettering) -> None:
        """Write straight and centred, `pitch` mm from character to character."""
        for i, char in enumerate(text):
            self._letter(char, Place((i - (len(text) - 1) / 2) * pitch, y, 0), cut)

    def column(self, text: str, x: float, pitch: float, cut: Lettering) -> None:
        """Write downwards and centred, `pitch` mm from character to character."""
        for i, char in enumerate(text):
            self._letter(char, Place(x, (i - (len(text) - 1) / 2) * pitch, 0), cut)

    def _letter(self, char: str, place: Place, cut: Lettering) -> None:
        tile = self._tile(char, cut).rotate(-place.turn, Image.Resampling.BICUBIC, expand=True)
        x, y = self._at(place.x, place.y)
        corner = (round(x - tile.width / 2), round(y - tile.height / 2))
        box = (*corner, corner[0] + tile.width, corner[1] + tile.height)
        self.mask.paste(ImageChops.lighter(self.mask.crop(box), tile), corner)

    def _tile(self, char: str, cut: Lettering) -> Image.Image:
        size = round(cut.height * self._scale)
        font = ImageFont.truetype(self._font, size, layout_engine=ImageFont.Layout.BASIC)
        tile = Image.new("L", (2 * size, 2 * size))
        weight = cut.weight * self._scale
        ImageDraw.Draw(tile).text((size, size), char, 255, font, "mm", stroke_width=weight)
        width = round(2 * size * cut.width / cut.height)
        return tile.resize((width, 2 * size), Image.Resampling.LANCZOS)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return self.mask.width / 2 + x * self._scale, self.mask.height / 2 + y * self._scale

    @staticmethod
    def _even(length: float) -> int:
        return math.ceil(length / FINENESS) * FINENESS


def arc_places(count: int, radii: tuple[float, float], sweep: float) -> Iterator[Place]:
    """Yield places at equal distances along an ellipse, from left to right.

    Args:
        count: How many; at least 2.
        radii: Half axes in mm, of the characters' centres.
        sweep: Degrees between the first and the last, around the top; negative: around the bottom.
    """
    a, b = radii
    t = np.radians(np.linspace(-abs(sweep) / 2, abs(sweep) / 2, ARC_STEPS))
    steps = np.hypot(a * np.diff(np.sin(t)), b * np.diff(np.cos(t)))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    side = math.copysign(1, sweep)
    for angle in np.interp(np.linspace(0, along[-1], count), along, t):
        slope = math.degrees(math.atan2(math.sin(angle) / a, math.cos(angle) / b))
        yield Place(a * math.sin(angle), -side * b * math.cos(angle), side * slope)


def cut_round(plate: Plate) -> None:
    """Cut a round company seal: ring, star, purpose, and a number where it has one."""
    seal, outer = plate.seal, plate.size.width / 2
    plate.frame(1.3)
    plate.arc(seal.ring, (outer - 5, outer - 5), 200, Lettering(5.4, 4.2))
    plate.star(-2, 5)
    (purpose,) = seal.lines
    plate.line(purpose, 7 if seal.number else 9.6, 4.6, Lettering(4.6, 3.9))
    if seal.number:
        plate.arc(seal.number, (outer - 3.8, outer - 3.8), -84, Lettering(3.2, 3.2, 0.08))


def cut_oval(plate: Plate) -> None:
    """Cut an oval invoice seal: ring, tax number in the middle, purpose below."""
    seal, size = plate.seal, plate.size
    plate.frame(1)
    radii = (size.width / 2 - 4.3, size.height / 2 - 4.3)
    plate.arc(seal.ring, radii, 200, Lettering(4.4, 3.2))
    tax_number, purpose = seal.lines
    plate.line(tax_number, 1.4, 1.3, Lettering(2.6, 2.2))
    plate.line(purpose, 7.6, 4.0, Lettering(3.9, 3.5))


def cut_square(plate: Plate) -> None:
    """Cut a square seal: columns from the right, as names are cut."""
    columns, size = plate.seal.lines, plate.size
    plate.frame(1)
    pitch = (size.width - 3.6) / len(columns)
    for i, column in enumerate(columns):
        x = ((len(columns) - 1) / 2 - i) * pitch
        height = (size.height - 3.6) / len(column)
        plate.column(column, x, height, Lettering(height, min(height, pitch), 0.1))


def pressed(mask: Image.Image, seal: Seal, pixels_per_mm: float) -> Image.Image:
    """Ink a mask as a hand does: unevenly, with specks that took no ink.

    Args:
        mask: 8-bit, 255 where the plate touches the paper.
        seal: Gives colour, wear and the seed.
        pixels_per_mm: Scale of the mask, so that wear keeps its size on paper.

    Returns:
        RGBA of the mask's size.
    """
    rng = np.random.default_rng(seal.seed)
    height, width = mask.height, mask.width
    pressure = _noise(rng, (width, height), cell=9 * pixels_per_mm)
    grain = _noise(rng, (width, height), cell=0.35 * pixels_per_mm)
    ink = 0.94 - 0.5 * seal.wear * pressure
    ink[grain > 1 - 0.35 * seal.wear] *= 0.35
    alpha = Image.fromarray((np.asarray(mask) * ink).round().astype(np.uint8))
    picture = Image.new("RGBA", mask.size, seal.colour)
    picture.putalpha(alpha)
    return picture


def _noise(rng: np.random.Generator, size: tuple[int, int], cell: float) -> NDArray[np.float64]:
    """Return smooth noise from 0 to 1, (height, width), that changes about every `cell` pixels."""
    width, height = (max(2, math.ceil(side / cell)) for side in size)
    coarse = Image.fromarray(rng.integers(0, 256, (height, width), dtype=np.uint8))
    return np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)) / 255
