"""Read square, rectangular and diamond seals: lines, or columns from right to left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.lines import spans_of
from sealq_worker.careful.models import LINE_HEIGHT, Recognised, SealModels
from sealq_worker.careful.observation import Candidate, Geometry, Image, Point
from sealq_worker.careful.pixels import moved, resized, upright_way, warped
from sealq_worker.careful.scoring import Mark, candidate, consensus, marks_of, ranked
from sealq_worker.careful.views import SealViews

#: Pixels of the upright picture's shorter side.
_SHORT_SIDE = 240

#: Share of the sides that the frame takes, at most: left out.
_FRAME = 0.07
#: Of a diamond its inscribed rectangle is read: share of the half diagonals.
_DIAMOND = 0.56

#: Of 255: darker is ink.
_MIDDLE_GREY = 128

#: Share of a profile's highest value below which there is nothing between two lines, and share of
#: the side that a line is at least high.
_NOTHING, _LEAST_LINE = 0.12, 0.09

#: Higher to wider from which a field may hold columns; lines that are read at most.
_LOWEST_COLUMNS, _MOST_ROWS = 0.5, 6

#: Score below which there is no text.
_LEAST_SCORE = 0.4

#: The view that tells which way a seal is read, and how much more columns weigh than rows on a
#: square: there the same characters read well either way, and names are cut in columns.
_FIRST_VIEW, _COLUMNS_FIRST = ("sharp",), 1.2
#: Degrees off the crop's own top from which a way weighs less: single characters that lie on their
#: side are read as well.
_UPRIGHT, _LYING = 50.0, 0.9


@dataclass(frozen=True)
class Block:
    """A seal's field, turned one way, its frame cut off.

    Attributes:
        images: Views, (h, w, 3), by name.
        ink: (h, w) 0 and 1.
        back: (2, 3), from its pixels to the crop's.
        rotation: Degrees counter-clockwise by which the seal stands off upright if this way is
            right.
    """

    images: dict[str, Image]
    ink: NDArray[np.uint8]
    back: NDArray[np.float64]
    rotation: float


@dataclass(frozen=True)
class BlockReading:
    """What was read, taken one way."""

    groups: tuple[tuple[Candidate, ...], ...]
    rotation: float

    @property
    def weight(self) -> float:
        """How much was read, and how surely: sum over the characters of what exceeds a doubt."""
        best = [group[0] for group in self.groups]
        return sum(score - _LEAST_SCORE for each in best for score in each.characters)


_Read = Callable[[Block, SealModels, Sequence[str]], BlockReading]


def read_block(seal: SealViews, models: SealModels) -> BlockReading:
    """Read a seal with straight edges; its top is where it reads best.

    Args:
        seal: Square, rectangle or diamond.
        models: Recogniser.
    """
    ways: list[tuple[Block, _Read]] = [(block, _read_rows) for block in blocks_of(seal)]
    ways += [(block, _read_columns) for block in blocks_of(seal) if _may_have_columns(block)]
    columns = _COLUMNS_FIRST if seal.geometry.shape == "square" else 1.0

    def worth(way: tuple[Block, _Read]) -> float:
        block, read = way
        lying = _LYING if abs(block.rotation) > _UPRIGHT else 1.0
        favour = lying * (columns if read is _read_columns else 1.0)
        return favour * read(block, models, _FIRST_VIEW).weight

    # One view tells which way is right; only that way is read in all.
    block, read = max(ways, key=worth)
    return read(block, models, tuple(block.images))


def blocks_of(seal: SealViews) -> list[Block]:
    """Return the field, turned every way that it may stand."""
    geometry = seal.geometry
    turns = (0, 90, 180, 270)
    return [_block(seal, (geometry.tilt + turn + 180) % 360 - 180, turn) for turn in turns]


def _block(seal: SealViews, rotation: float, turn: int) -> Block:
    half = _half_field(seal.geometry)
    sides = half if turn % 180 == 0 else half[::-1]
    scale = _SHORT_SIDE / (2 * min(half))
    back, size = upright_way(seal.geometry.centre, sides, rotation, scale)
    images = {name: warped(getattr(seal, name), back, size) for name in ("crop", "sharp")}
    ink = (images["sharp"][..., 0] < _MIDDLE_GREY).astype(np.uint8)
    return Block(images, ink, back, rotation)


def _half_field(geometry: Geometry) -> tuple[float, float]:
    """Return half the sides of what lies within the frame; of a diamond, of a rectangle in it."""
    a, b = geometry.axes
    if geometry.shape == "diamond":
        return a * _DIAMOND, b * _DIAMOND
    frame = _FRAME * 2 * b
    return max(4.0, a - frame), max(4.0, b - frame)


def _may_have_columns(block: Block) -> bool:
    height, width = block.ink.shape
    return bool(height > _LOWEST_COLUMNS * width)


def _read_rows(block: Block, models: SealModels, views: Sequence[str]) -> BlockReading:
    height = block.ink.shape[0]
    rows = spans_of(block.ink.mean(axis=1), _LEAST_LINE * height, _NOTHING)[:_MOST_ROWS]
    groups = []
    for start, end in rows:
        box = _padded(_tight(block.ink, start, end), block.ink.shape)
        x1, y1, x2, y2 = box
        images = {name: block.images[name][y1:y2, x1:x2] for name in views}
        groups.append(_group(block, box, images, models, "row"))
    return BlockReading(tuple(group for group in groups if group), block.rotation)


def _read_columns(block: Block, models: SealModels, views: Sequence[str]) -> BlockReading:
    """Read columns, each as a line: its characters set side by side, column after column."""
    width = block.ink.shape[1]
    columns = spans_of(block.ink.mean(axis=0), _LEAST_LINE * width, _NOTHING)[::-1]
    cells = [cell for column in columns for cell in _cells(block.ink, *column)]
    if not cells:
        return BlockReading((), block.rotation)
    images = {
        name: np.hstack([_as_cell(block.images[name][y1:y2, x1:x2]) for x1, y1, x2, y2 in cells])
        for name in views
    }
    found = np.array(cells)
    box = (*found[:, :2].min(axis=0).tolist(), *found[:, 2:].max(axis=0).tolist())
    group = _group(block, box, images, models, "column")
    return BlockReading((group,) if group else (), block.rotation)


def _cells(ink: NDArray[np.uint8], left: int, right: int) -> list[tuple[int, int, int, int]]:
    """Divide a column into characters: as many as are about as high as they are wide."""
    profile = ink[:, left:right].mean(axis=1)
    spans = spans_of(profile, 2, _NOTHING)
    if not spans:
        return []
    top, bottom = spans[0][0], spans[-1][1]
    count = max(1, round((bottom - top) / (right - left)))
    edges = [top]
    step = (bottom - top) / count
    for i in range(1, count):
        # Cut where there is least ink, near where equal characters would end.
        middle, reach = top + i * step, max(1, int(0.22 * step))
        around = np.arange(max(top, int(middle) - reach), min(bottom, int(middle) + reach + 1))
        worth = profile[around] + 0.15 * np.abs(around - middle) / reach
        edges.append(int(around[worth.argmin()]))
    edges.append(bottom)
    pad = max(1, int(0.04 * step))
    height, width = ink.shape
    return [
        (max(0, left - pad), max(0, y1 - pad), min(width, right + pad), min(height, y2 + pad))
        for y1, y2 in pairwise(edges)
    ]


def _as_cell(image: Image) -> Image:
    """Bring a character to the height of a line, with a little paper around."""
    side = LINE_HEIGHT - 6
    cell = resized(image, (side, side))
    padded = cv2.copyMakeBorder(cell, 3, 3, 3, 3, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)


def _tight(ink: NDArray[np.uint8], start: int, end: int) -> tuple[int, int, int, int]:
    there = np.flatnonzero(ink[start:end].any(axis=0))
    return int(there[0]), start, int(there[-1]) + 1, end


def _padded(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box
    up, aside = max(1, int(0.1 * (y2 - y1))), max(1, int(0.25 * (y2 - y1)))
    return max(0, x1 - aside), max(0, y1 - up), min(shape[1], x2 + aside), min(shape[0], y2 + up)


def _group(
    block: Block,
    box: tuple[int, int, int, int],
    images: dict[str, Image],
    models: SealModels,
    kind: str,
) -> tuple[Candidate, ...]:
    lines: Sequence[Recognised] = models.recognise([*images.values()])
    views: dict[str, list[Mark]] = {
        f"{kind} {name}": marks_of(line) for name, line in zip(images, lines, strict=True)
    }
    views[f"{kind} agreed"] = consensus([*views.values()])
    polygon = _polygon(block, box)
    found = [candidate("inner", marks, polygon, source) for source, marks in views.items()]
    return ranked([each for each in found if each.score >= _LEAST_SCORE])


def _polygon(block: Block, box: tuple[int, int, int, int]) -> tuple[Point, ...]:
    x1, y1, x2, y2 = box
    corners = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], float)
    return tuple((float(x), float(y)) for x, y in moved(corners, block.back))
