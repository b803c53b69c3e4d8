"""A page to draw on, addressed in millimetres, that remembers where its seals are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ink import draw_seal
from PIL import Image, ImageChops, ImageDraw, ImageFont
from seals import RGB, Seal

#: Millimetres in an inch.
INCH = 25.4
#: Resolution of the samples that are pictures, dots per inch.
DPI = 150
#: Colour of printed text.
BLACK = (34, 34, 38)
#: Alpha from which a pixel counts as ink when a seal is measured, of 255.
VISIBLE = 64

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class PlacedSeal:
    """A seal on a page; its box is x1, y1, x2, y2 in the page image's pixels, x2 and y2 beyond."""

    seal: Seal
    box: Box


@dataclass(frozen=True)
class Page:
    """Truth of one page: its image's width and height in pixels, its seals."""

    size: tuple[int, int]
    seals: tuple[PlacedSeal, ...] = ()


class Sheet:
    """White paper of a given size in millimetres; lengths below are millimetres, y goes down."""

    def __init__(self, width: float, height: float, font: Path, *, dpi: int = DPI) -> None:
        self.dpi = dpi
        self.font = font
        self._scale = dpi / INCH
        self._placed: list[PlacedSeal] = []
        self.image = Image.new("RGB", (self._px(width), self._px(height)), "white")
        self._draw = ImageDraw.Draw(self.image)

    @property
    def page(self) -> Page:
        """What stands on the sheet so far."""
        return Page(self.image.size, tuple(self._placed))

    def text(
        self,
        at: tuple[float, float],
        text: str,
        size: float = 3.4,
        *,
        colour: RGB = BLACK,
        anchor: str = "lm",
        bold: bool = False,
    ) -> None:
        """Write one line; `at` is its left end (see Pillow's anchors) and `size` its em height."""
        font = ImageFont.truetype(
            self.font, size * self._scale, layout_engine=ImageFont.Layout.BASIC
        )
        xy = (at[0] * self._scale, at[1] * self._scale)
        weight = 0.03 * size * self._scale if bold else 0
        self._draw.text(xy, text, colour, font, anchor, stroke_width=weight)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], colour: RGB = BLACK
    ) -> None:
        """Draw a thin straight line."""
        points = [self._px(value) for value in (*start, *end)]
        self._draw.line(points, colour, max(1, self._px(0.25)))

    def grid(self, columns: list[float], rows: list[float], colour: RGB = BLACK) -> None:
        """Draw a table's lines through all the given x and y."""
        for x in columns:
            self.line((x, rows[0]), (x, rows[-1]), colour)
        for y in rows:
            self.line((columns[0], y), (columns[-1], y), colour)

    def stamp(self, seal: Seal, centre: tuple[float, float]) -> None:
        """Press a seal: its ink darkens what is printed below."""
        ink = draw_seal(seal, self.font, self._scale)
        left = self._px(centre[0]) - ink.width // 2
        top = self._px(centre[1]) - ink.height // 2
        area = (left, top, left + ink.width, top + ink.height)
        wet = Image.new("RGB", ink.size, "white")
        wet.paste(ink, mask=ink)
        self.image.paste(ImageChops.multiply(self.image.crop(area), wet), (left, top))
        self._placed.append(PlacedSeal(seal, moved(ink_box(ink), left, top)))

    def _px(self, length: float) -> int:
        return round(length * self._scale)


def ink_box(ink: Image.Image) -> Box:
    """Return the box of what can be seen of a seal's ink, in pixels of its own picture."""
    box = ink.getchannel("A").point(lambda alpha: 255 * (alpha >= VISIBLE)).getbbox()
    if box is None:
        raise ValueError("The seal left no ink. Lower its wear.")
    return box


def moved(box: Box, x: int, y: int) -> Box:
    """Return the box moved right by x and down by y."""
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


def paper_grain(image: Image.Image, seed: int) -> Image.Image:
    """Return the picture as scanned: a little sensor noise, so that white is not quite white."""
    noise = np.random.default_rng(seed).normal(250, 2.0, (image.height, image.width, 1))
    scanned = np.asarray(image, dtype=np.float64) * noise / 255
    return Image.fromarray(scanned.clip(0, 255).round().astype(np.uint8))
