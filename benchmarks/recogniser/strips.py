"""Strips with known text, cut out of pages full of seals as the careful reader cuts them.

The reader finds a seal's outline and bands by itself and is a little off. Here the truth gives
them, and chance puts them off: depth, ends, width and the view of the seal differ from strip to
strip.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from learning.pictures import Pixels
from recogniser.rails import rail_of
from recogniser.spans import Span, nothing_on, span_of
from sealbench import geometry
from sealbench.chance import between, happens, weighted
from sealbench.design import Arc, Columns, Design, Line
from sealbench.fonts import Split
from sealbench.geometry import Points
from sealbench.marks import Stamped
from sealbench.pages import CrowdedPage, make_crowded
from sealbench.record import WHOLE
from sealq_worker.careful.ink import InkPicture, inks_of
from sealq_worker.careful.models import LINE_HEIGHT
from sealq_worker.careful.pixels import resampled, resized
from sealq_worker.careful.views import sharpened

#: Part of every seed, so that strips share no randomness with their pages.
_STREAMS = {"train": 51, "held_out": 52}

#: Least height of characters on the page, in pixels: smaller ones a person can't read, either.
_LEAST_CHINESE, _LEAST_FIGURES = 10.5, 8.0
#: Least and greatest width of a strip, in pixels.
_WIDTHS = (24, 1200)
#: How much narrower or wider characters get than they are.
_STRETCHES = (0.78, 1.2)
#: Share of a seal's sides by which its crop is wider, at most.
_LOOSE = 0.04
#: How often a strip shows which view of the seal.
_VIEWS = {"sharp": 5.0, "clean": 3.0, "crop": 2.0}
#: Share of seals whose ring is also shown where nothing stands.
_EMPTY = 0.12
#: Most of its side by which a cell of a square seal is shown larger than it is.
_CELL_MARGIN = 0.08


@dataclass(frozen=True)
class Strip:
    """A line as the recogniser sees it.

    Attributes:
        image: (48, w, 3) BGR.
        text: All that is to be read on it; may be nothing.
        role: As in the truth; empty where there is nothing.
    """

    image: Pixels
    text: str
    role: str


@dataclass(frozen=True)
class _Seal:
    """One seal of a page: its plate, the views of its crop, and the way from one to the other."""

    design: Design
    views: dict[str, Pixels]
    to_crop: Callable[[Points], Points]


def strips_of(seed: int, split: Split, fonts: Sequence[Path] = ()) -> Iterator[Strip]:
    """Yield strips of all texts that are legible on one page; the same arguments, the same strips.

    Args:
        seed: Any whole number from 0.
        split: The two never share a font or a company.
        fonts: More font files for Chinese texts.

    Raises:
        ModelError: The fonts can't be had.
    """
    page = make_crowded(seed, split, fonts)
    rng = np.random.default_rng([seed, _STREAMS[split]])
    for stamped in page.sheet.stamped:
        seal = _seal_on(page, stamped, rng)
        if seal is not None:
            yield from _strips(seal, rng)


def straightened(image: Pixels, upper: Points, lower: Points, stretch: float) -> Pixels:
    """Return a band of a picture as a straight strip of the recogniser's height.

    Args:
        image: (h, w, 3).
        upper: (n, 2), its upper edge in reading direction.
        lower: (n, 2), its lower edge, point by point below the upper one.
        stretch: How much wider than high characters get than they are.

    Returns:
        (48, width, 3).
    """
    thickness = float(np.linalg.norm(upper - lower, axis=1).mean())
    steps = np.linalg.norm(np.diff((upper + lower) / 2, axis=0), axis=1)
    natural = float(steps.sum()) / max(thickness, 1.0) * LINE_HEIGHT * stretch
    width = int(np.clip(round(natural), *_WIDTHS))
    fine = max(1, math.ceil(thickness / LINE_HEIGHT))
    at = (np.arange(width * fine) + 0.5) / (width * fine) * (len(upper) - 1)
    top, bottom = (_along(edge, at) for edge in (upper, lower))
    down = ((np.arange(LINE_HEIGHT * fine) + 0.5) / (LINE_HEIGHT * fine))[:, None, None]
    drawn = resampled(image, top + (bottom - top) * down)
    return drawn if fine == 1 else resized(drawn, (width, LINE_HEIGHT))


def _seal_on(page: CrowdedPage, stamped: Stamped, rng: np.random.Generator) -> _Seal | None:
    """Return a seal that is whole on the page; None if it is not."""
    outline = geometry.moved(stamped.outline, page.shot.matrix)
    height, width = page.shot.image.shape[:2]
    frame = geometry.rectangle(0, 0, width, height)
    if geometry.area(geometry.clipped(outline, frame)) < WHOLE * geometry.area(outline):
        return None
    x1, y1, x2, y2 = geometry.bounds(outline)
    loose = _LOOSE * rng.uniform(0, 1, 4) * (x2 - x1)
    left, top = max(0, int(x1 - loose[0])), max(0, int(y1 - loose[1]))
    crop = page.shot.image[top : int(y2 + loose[3]), left : int(x2 + loose[2])]
    if min(crop.shape[:2]) < LINE_HEIGHT:
        return None
    scale, turn = page.sheet.scale, geometry.turn(stamped.seal.rotation)
    centre, corner = np.array(stamped.centre), np.array([left, top])

    def to_crop(points: Points) -> Points:
        on_sheet = geometry.moved(points * scale, turn) + centre
        there: Points = geometry.moved(on_sheet, page.shot.matrix) - corner - 0.5
        return there

    colourless = page.capture in {"grey", "fax"}
    picture = _ink_of(crop, "black" if colourless else stamped.seal.ink)
    views = {"crop": crop, "clean": picture.clean, "sharp": sharpened(crop, picture)}
    return _Seal(stamped.seal.design, views, to_crop)


def _strips(seal: _Seal, rng: np.random.Generator) -> Iterator[Strip]:
    for element in seal.design.elements:
        if isinstance(element, Arc | Line) and _legible(seal, element):
            span = span_of(seal.design, element, rng)
            yield Strip(_shown(seal, span, rng), span.text, element.role)
        if isinstance(element, Columns) and not seal.design.reversed:
            cells = _cells(seal, element, rng)
            if cells:
                yield Strip(np.concatenate(cells, axis=1), "".join(element.columns), element.role)
    if happens(rng, _EMPTY):
        for span in nothing_on(seal.design, rng):
            yield Strip(_shown(seal, span, rng), "", "")


def _legible(seal: _Seal, text: Arc | Line) -> bool:
    rail, half = rail_of(text, 0, 0), text.letters.height / 2
    upper, lower = (seal.to_crop(rail.beside(off)) for off in (half, -half))
    pixels = float(np.linalg.norm(upper - lower, axis=1).mean())
    figures = text.text.isascii() and text.role in {"number", "code"}
    return bool(text.role) and pixels >= (_LEAST_FIGURES if figures else _LEAST_CHINESE)


def _shown(seal: _Seal, span: Span, rng: np.random.Generator) -> Pixels:
    upper = seal.to_crop(span.rail.beside(span.above))
    lower = seal.to_crop(span.rail.beside(-span.below))
    return straightened(_view(seal, rng), upper, lower, between(rng, *_STRETCHES))


def _cells(seal: _Seal, block: Columns, rng: np.random.Generator) -> list[Pixels]:
    """Return the characters of a block of columns, one by one; none where they are too small."""
    image = _view(seal, rng)
    cells = []
    for corners in _corners(block, between(rng, 0, _CELL_MARGIN)):
        upper, lower = seal.to_crop(corners[:2]), seal.to_crop(corners[:1:-1])
        if float(np.linalg.norm(upper - lower, axis=1).mean()) < _LEAST_CHINESE:
            return []
        cells.append(straightened(image, upper, lower, 1.0))
    return cells


def _corners(block: Columns, margin: float) -> Iterator[Points]:
    """Yield the corners of each character's cell in reading order, clockwise from the upper left.

    Args:
        block: Of a plate.
        margin: Share of its sides by which a cell is larger, on each side.
    """
    width, height = block.size
    pitch = width / len(block.columns)
    for number, column in enumerate(block.columns):
        step, right = height / len(column), width / 2 - number * pitch
        aside, up = margin * pitch, margin * step
        for row in range(len(column)):
            top = row * step - height / 2
            yield geometry.rectangle(
                right - pitch - aside, top - up, right + aside, top + step + up
            )


def _view(seal: _Seal, rng: np.random.Generator) -> Pixels:
    return seal.views[weighted(rng, _VIEWS)]


def _ink_of(crop: Pixels, name: str) -> InkPicture:
    """Return the picture of an ink; where none of that colour is seen, the darkest print."""
    *pictures, _faint = inks_of(crop)
    return next((picture for picture in pictures if picture.ink == name), pictures[-1])


def _along(edge: Points, at: NDArray[np.float64]) -> Points:
    number = np.arange(len(edge))
    return np.stack([np.interp(at, number, edge[:, axis]) for axis in (0, 1)], axis=1)
