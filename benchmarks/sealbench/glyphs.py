"""Characters as arrays, drawn once per font, size and weight."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

#: Where the baseline lies in a cell, and how high a cell is, as shares of the em.
BASELINE = 0.9
_CELL = 1.2
#: Em sizes, in pixels, in which the characters of seals are drawn before they are bent into place.
_TILE_SIZES = (24, 48, 96, 192)


@lru_cache(maxsize=256)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def advance(path: Path, char: str, size: int) -> int:
    """Return how many pixels a character of a line takes, for an em of so many."""
    return max(1, round(_font(path, size).getlength(char)))


@lru_cache(maxsize=40_000)
def _cell(path: Path, char: str, size: int) -> NDArray[np.uint8]:
    image = Image.new("L", (advance(path, char, size), round(_CELL * size)))
    baseline = (0, round(BASELINE * size))
    ImageDraw.Draw(image).text(baseline, char, 255, _font(path, size), "ls")
    return np.asarray(image)


def row(path: Path, text: str, size: int, gap: int = 0) -> NDArray[np.uint8]:
    """Return a line of text.

    Args:
        path: Font file.
        text: At least one character.
        size: Of the em, in pixels.
        gap: Pixels between characters.

    Returns:
        (1.2 x size, width), 255 where there is ink.
    """
    cells = [_cell(path, char, size) for char in text]
    if gap:
        space = np.zeros((cells[0].shape[0], gap), np.uint8)
        cells = [part for cell in cells for part in (cell, space)][:-1]
    return np.concatenate(cells, axis=1)


@lru_cache(maxsize=4_000)
def _drawn_tile(path: Path, char: str, size: int, weight: int) -> NDArray[np.uint8]:
    image = Image.new("L", (2 * size, 2 * size))
    ImageDraw.Draw(image).text(
        (size, size), char, 255, _font(path, size), "mm", stroke_width=weight * size / 100
    )
    return np.asarray(image)


def tile(path: Path, char: str, size: float, weight: int) -> NDArray[np.uint8]:
    """Return a character in the middle of a square twice as wide as its em.

    Args:
        path: Font file.
        char: One character.
        size: Em in pixels that is at least wanted.
        weight: By which strokes are thickened on either side, hundredths of the em.

    Returns:
        (2 em, 2 em), 255 where there is ink; the em is of the next larger of a few fixed sizes.
    """
    chosen = next((fixed for fixed in _TILE_SIZES if fixed >= size), _TILE_SIZES[-1])
    return _drawn_tile(path, char, chosen, weight)
