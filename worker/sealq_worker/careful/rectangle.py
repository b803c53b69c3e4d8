"""Read square, rectangular and diamond seals: lines, or columns from right to left."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.geometry import twin_of
from sealq_worker.careful.lattice import Box, layouts_of
from sealq_worker.careful.lines import joined, spans_of
from sealq_worker.careful.models import LINE_HEIGHT, Polygon, Recognised, SealModels
from sealq_worker.careful.observation import Candidate, Geometry, Image, Point
from sealq_worker.careful.pixels import moved, resized, turned_back, upright_way, warped
from sealq_worker.careful.scoring import Mark, candidate, consensus, marks_of, ranked
from sealq_worker.careful.views import SealViews

#: Pixels of the upright picture's shorter side.
_SHORT_SIDE = 240

#: Share of the sides that the frame takes: left out.
_FRAME = 0.06
#: Of a diamond its inscribed rectangle is read: share of the half diagonals.
_DIAMOND = 0.56

#: Of 255: darker is ink, where strokes are strong and where they are faint.
_MIDDLE_GREY, _LIGHT_GREY = 128, 205

#: Share of a field's side that the lines of a second frame run along: no stroke is so long.
_FRAME_LINE = 0.75

#: Share of a profile's highest value below which there is nothing between two lines, and share of
#: the side that a line is at least high.
_NOTHING, _LEAST_LINE = 0.12, 0.09

#: Heights of a row that lie between two of its characters at most.
_WIDEST_GAP = 1.5

#: Higher to wider from which no faint rows are looked for.
_UPENDED = 1.3
#: Higher to wider from which a field may hold columns; lines that are read at most.
_LOWEST_COLUMNS, _MOST_ROWS = 0.5, 6

#: Score below which there is no text, and doubt that always stays.
_LEAST_SCORE, _LEAST_DOUBT = 0.4, 1e-3

#: The view that tells which way a seal is read, and the one that lines in doubt are read in again.
_FIRST_VIEW, _SECOND_VIEW = "sharp", "crop"
#: The view without print, of coloured ink.
_PRINTLESS = "clean"
#: How much more columns weigh than rows on a square: there the same characters read well either
#: way, and names are cut in columns.
_COLUMNS_FIRST = 1.2
#: Score of every line, and characters in all, from which on a way is right.
_SURE_WAY, _SOME = 0.85, 4
#: Score of the line from which that is so of fewer characters, two or three.
_SURE_WORD = 0.98
#: Weight from which a way is right, whatever else is in doubt: textures, and texts that lie on
#: their side, weigh less than 15.
_SURE_WEIGHT = 20.0
#: How many times as much must be read for a square to be taken as a diamond, or a diamond as one.
_CLEARLY = 1.3
#: Degrees off the crop's own top from which a way weighs less: single characters that lie on their
#: side are read as well.
_UPRIGHT, _LYING = 50.0, 0.9


@dataclass(frozen=True)
class Block:
    """A seal's field, turned one way, its frame cut off.

    Attributes:
        images: Views, (h, w, 3), by name.
        ink: (h, w) 0 and 1, that tells where lines are.
        view: Name of the view that lines are read in first.
        back: (2, 3), from its pixels to the crop's.
        rotation: Degrees counter-clockwise by which the seal stands off upright if this way is
            right.
    """

    images: dict[str, Image]
    ink: NDArray[np.uint8]
    view: str
    back: NDArray[np.float64]
    rotation: float


@dataclass(frozen=True)
class BlockReading:
    """What was read, taken the way that reads best.

    Attributes:
        groups: One for each line, from top to bottom.
        geometry: How the seal lies, its rotation known.
    """

    groups: tuple[tuple[Candidate, ...], ...]
    geometry: Geometry


@dataclass(frozen=True)
class _Line:
    """A row, or columns that are read as one line.

    Attributes:
        kind: `row` or `column`.
        box: Where it lies on its block.
        cells: What is set side by side, left to right; a row is one cell.
    """

    kind: Literal["row", "column"]
    box: Box
    cells: tuple[Box, ...]

    def cut_from(self, image: Image) -> Image:
        """Return the line's picture, cut out of one of its block's."""
        cells = [image[y1:y2, x1:x2] for x1, y1, x2, y2 in self.cells]
        return cells[0] if self.kind == "row" else np.hstack([_as_cell(cell) for cell in cells])


_Lines = tuple[_Line, ...]


@dataclass(frozen=True)
class _Way:
    """A block's lines, as they are read in the first view if its rotation is right.

    Attributes:
        block: Turned one way.
        lines: Rows, or columns as one line.
        read: Each of them.
    """

    block: Block
    lines: _Lines
    read: tuple[Recognised, ...]

    @property
    def weight(self) -> float:
        """How much was read, and how surely: sum over the characters of what takes doubt away.

        Logarithms, so that three characters without a doubt outweigh six of a kind that any texture
        is taken for.
        """
        some = (line for line in self.read if line.score >= _LEAST_SCORE)
        return sum(_taken_away(score) for line in some for score in line.characters)

    @property
    def sure(self) -> bool:
        """Whether no other way can be right: a text lying on its side does not read so well.

        Fewer letters must be read with less doubt; figures and brackets any texture is taken for.
        """
        if self.weight >= _SURE_WEIGHT:
            return True
        some = [line for line in self.read if any(map(str.isalpha, line.text))]
        count = sum(char.isalpha() for line in some for char in line.text)
        score = min((line.score for line in some), default=0.0)
        return score >= (_SURE_WAY if count >= _SOME else _SURE_WORD) and count > 1


def read_block(seal: SealViews, models: SealModels) -> BlockReading:
    """Read a seal with straight edges; its top is where it reads best.

    A square is a diamond, too, and the other way round: where nothing is sure, both are tried.

    Args:
        seal: Square, rectangle or diamond.
        models: Recogniser.
    """
    geometry = seal.geometry
    best = _best_way(seal, models, geometry)
    other = None if best.sure else twin_of(geometry)
    if other is not None:
        way = _best_way(seal, models, other)
        if way.weight > _CLEARLY * best.weight:
            best, geometry = way, other
    return BlockReading(_groups(best, models), replace(geometry, rotation=best.block.rotation))


def _best_way(seal: SealViews, models: SealModels, geometry: Geometry) -> _Way:
    """Read a seal all ways that its outline may stand, until one is sure; return the best."""
    columns = _COLUMNS_FIRST if geometry.shape == "square" else 1.0

    def worth(way: _Way) -> float:
        lying = _LYING if abs(way.block.rotation) > _UPRIGHT else 1.0
        favour = columns if way.lines and way.lines[0].kind == "column" else 1.0
        return lying * favour * way.weight

    ways: list[_Way] = []
    blocks = sorted(blocks_of(seal, geometry), key=lambda block: abs(block.rotation))
    for block, several in _to_be_tried(blocks, geometry, models):
        ways += (_way(block, lines, models) for lines in several)
        best = max(ways, key=worth)
        if best.sure:
            break
    return best


def _way(block: Block, lines: _Lines, models: SealModels) -> _Way:
    image = block.images[block.view]
    return _Way(block, lines, tuple(models.recognise([line.cut_from(image) for line in lines])))


def _to_be_tried(
    blocks: Sequence[Block], geometry: Geometry, models: SealModels
) -> Iterator[tuple[Block, list[_Lines]]]:
    """Yield how a seal's lines may stand, the likeliest first.

    Rows, or columns on what may have some; then fainter rows, but not on squares, where names are
    cut in columns; at last, what the detector finds.
    """
    is_square = geometry.shape == "square"
    for block in blocks:
        layouts = layouts_of(block.ink) if _may_have_columns(block, geometry) else []
        yield block, [_rows(block), *map(_columns, layouts if is_square else layouts[:1])]
    if not is_square:
        lying = [block for block in blocks if not _is_upended(block)]
        yield from ((block, [_rows(block)]) for block in _seen_otherwise(lying))
    yield from _detected(blocks, models)


def blocks_of(seal: SealViews, geometry: Geometry) -> list[Block]:
    """Return the field within an outline, turned every way that it may stand."""
    centre, half, tilt = geometry.centre, _half_field(geometry), geometry.tilt
    scale = _SHORT_SIDE / (2 * min(half))
    back, size = upright_way(centre, half, tilt, scale)
    upright = partial(warped, back=back, size=size)
    names = dict.fromkeys((*seal.trusted, _SECOND_VIEW))
    images = {name: seal.drawn(name, upright) for name in names}
    blocks = []
    for quarters in range(4):
        sides = half if quarters % 2 == 0 else half[::-1]
        rotation = (tilt + 90 * quarters + 180) % 360 - 180
        back, _ = upright_way(centre, sides, rotation, scale)
        turned = {name: turned_back(image, quarters) for name, image in images.items()}
        ink = _dark(turned[_FIRST_VIEW], _MIDDLE_GREY)
        blocks.append(Block(turned, ink, _FIRST_VIEW, back, rotation))
    return blocks


def _seen_otherwise(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield blocks with the ink that faint strokes have, and in colour that without print."""
    for block in blocks:
        yield replace(block, ink=_dark(block.images[_FIRST_VIEW], _LIGHT_GREY))
    for block in blocks:
        if _PRINTLESS in block.images:
            ink = _dark(block.images[_PRINTLESS], _LIGHT_GREY)
            yield replace(block, ink=ink, view=_PRINTLESS)


def _dark(view: Image, bound: int) -> NDArray[np.uint8]:
    return np.asarray(view[..., 0] < bound, np.uint8)


def _is_upended(block: Block) -> bool:
    """Whether a block is much higher than wide: hardly any row stands so."""
    height, width = block.ink.shape
    return bool(height > _UPENDED * width)


def _taken_away(score: float) -> float:
    """Return how much less doubt a character leaves than the least score does, as a logarithm."""
    return math.log((1 - _LEAST_SCORE) / max(1 - score, _LEAST_DOUBT))


def _without_frames(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ink without lines that run along most of a side: those of a second frame."""
    height, width = ink.shape
    level = np.ones((1, round(_FRAME_LINE * width)), np.uint8)
    upright = np.ones((round(_FRAME_LINE * height), 1), np.uint8)
    lines = [cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel) for kernel in (level, upright)]
    around = cv2.dilate(np.maximum(*lines), np.ones((3, 3), np.uint8))
    return np.where(around, 0, ink).astype(np.uint8)


def _half_field(geometry: Geometry) -> tuple[float, float]:
    """Return half the sides of what lies within the frame; of a diamond, of a rectangle in it."""
    a, b = geometry.axes
    if geometry.shape == "diamond":
        return a * _DIAMOND, b * _DIAMOND
    frame = _FRAME * 2 * b
    return max(4.0, a - frame), max(4.0, b - frame)


def _may_have_columns(block: Block, geometry: Geometry) -> bool:
    """Whether characters may stand in columns: nobody cuts a diamond so."""
    height, width = block.ink.shape
    return geometry.shape != "diamond" and bool(height > _LOWEST_COLUMNS * width)


def _detected(blocks: Sequence[Block], models: SealModels) -> Iterator[tuple[Block, list[_Lines]]]:
    """Yield the lines that the detector finds where print or faint ink hides the rows."""
    first = blocks[0]
    found = models.detect(first.images[_FIRST_VIEW], _SHORT_SIDE)
    in_crop = [moved(polygon, first.back) for polygon in found]
    for block in blocks:
        there = np.asarray(cv2.invertAffineTransform(block.back), float)
        yield block, [_level([moved(polygon, there) for polygon in in_crop], block.ink.shape)]


def _level(polygons: Sequence[Polygon], shape: tuple[int, ...]) -> _Lines:
    """Return those of some texts that run from left to right, from top to bottom."""
    height, width = shape
    bounds = [(*polygon.min(axis=0), *polygon.max(axis=0)) for polygon in polygons]
    boxes = [
        _padded((max(0, round(x1)), max(0, round(y1)), round(x2), round(y2)), (height, width))
        for x1, y1, x2, y2 in sorted(bounds, key=lambda box: box[1])
        if x2 - x1 > y2 - y1
    ]
    return tuple(_Line("row", box, (box,)) for box in boxes)


def _rows(block: Block) -> _Lines:
    ink = _without_frames(block.ink)
    rows = spans_of(ink.mean(axis=1), _LEAST_LINE * len(ink), _NOTHING)[:_MOST_ROWS]
    boxes = [_padded(_tight(ink, start, end), ink.shape) for start, end in rows]
    return tuple(_Line("row", box, (box,)) for box in boxes)


def _columns(cells: tuple[Box, ...]) -> _Lines:
    """Return columns as one line: their characters set side by side, column after column."""
    x1, y1, x2, y2 = zip(*cells, strict=True)
    return (_Line("column", (min(x1), min(y1), max(x2), max(y2)), cells),)


def _as_cell(image: Image) -> Image:
    """Bring a character to the height of a line, with a little paper around."""
    side = LINE_HEIGHT - 6
    cell = resized(image, (side, side))
    padded = cv2.copyMakeBorder(cell, 3, 3, 3, 3, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)


def _tight(ink: NDArray[np.uint8], start: int, end: int) -> Box:
    """Return a row's box, as long as its text: what stands far from it is dirt, or the frame."""
    profile = ink[start:end].mean(axis=0)
    texts = joined(spans_of(profile, 1, _NOTHING), _WIDEST_GAP * (end - start))
    first, last = max(texts, key=lambda text: float(profile[slice(*text)].sum()))
    return first, start, last, end


def _padded(box: Box, shape: tuple[int, ...]) -> Box:
    x1, y1, x2, y2 = box
    up, aside = max(1, int(0.1 * (y2 - y1))), max(1, int(0.25 * (y2 - y1)))
    return max(0, x1 - aside), max(0, y1 - up), min(shape[1], x2 + aside), min(shape[0], y2 + up)


def _groups(way: _Way, models: SealModels) -> tuple[tuple[Candidate, ...], ...]:
    """Return each line's candidates, those that are not sure read in the other view, too."""
    doubtful = [line for line, read in zip(way.lines, way.read, strict=True) if not read.sure]
    image = way.block.images[_SECOND_VIEW]
    second = iter(models.recognise([line.cut_from(image) for line in doubtful]))
    groups = []
    for line, read in zip(way.lines, way.read, strict=True):
        views = {way.block.view: read} | ({} if read.sure else {_SECOND_VIEW: next(second)})
        groups.append(_group(way.block, line, views))
    return tuple(group for group in groups if group)


def _group(block: Block, line: _Line, views: Mapping[str, Recognised]) -> tuple[Candidate, ...]:
    readings: dict[str, list[Mark]] = {
        f"{line.kind} {name}": marks_of(read) for name, read in views.items()
    }
    readings[f"{line.kind} agreed"] = consensus([*readings.values()])
    polygon = _polygon(block, line.box)
    found = [candidate("inner", marks, polygon, source) for source, marks in readings.items()]
    return ranked([each for each in found if each.score >= _LEAST_SCORE])


def _polygon(block: Block, box: Box) -> tuple[Point, ...]:
    x1, y1, x2, y2 = box
    corners = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], float)
    return tuple((float(x), float(y)) for x, y in moved(corners, block.back))
