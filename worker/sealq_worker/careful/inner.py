"""Read the straight lines inside a ring, the seal turned upright first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.codes import looks_like_code
from sealq_worker.careful.lines import LEAST_ASPECT, find_lines
from sealq_worker.careful.models import LINE_HEIGHT, Polygon, SealModels
from sealq_worker.careful.observation import Candidate, Geometry, Image, Point
from sealq_worker.careful.outline import Points
from sealq_worker.careful.pixels import Matrix, moved, painted, resized, upright_way, warped
from sealq_worker.careful.scoring import Placed, any_sure, candidate, consensus, ranked
from sealq_worker.careful.unwrap import Strip, outline_of_strip
from sealq_worker.careful.views import SealViews, dark_in

#: Pixels of an upright picture's height: to read it, and to see how it is turned.
UPRIGHT_HEIGHT, _TURNING_HEIGHT = 480, 240
#: Of 255: so far a pixel is covered that belongs to a rule.
_RULED = 170
#: Pixels from one to the next of those that say how bright the paper is.
_PAPER_STEP = 4

#: Depth of the frame, as a share of the shorter half axis, and points that its outline is made of.
_FRAME_DEPTH, _OUTLINE_POINTS = 0.09, 60

#: Pixels of the shorter side at which the detector looks.
_DETECTOR_SIDE = 352

#: Share of a line's height by which its box is widened, up and down, left and right.
_MARGIN = (0.16, 0.35)
#: Height of a line that is read at its place, as a share of the seal's; where a number across the
#: middle stands, and shares of the seal's width that numbers and words take at most.
_ACROSS_HEIGHT, _MIDDLE, _LONGEST_NUMBER, _LONGEST_WORD = 0.13, 0.5, 0.86, 0.7
#: Where invoice seals have the middle of the line below their number, its height and its width, as
#: shares of the seal's height and width: the middle of what was found on such seals.
_BELOW, _WORD_HEIGHT, _WORD_WIDTH = 0.755, 0.14, 0.48
#: Where most round seals, and ovals, have the middle of what they are for, as shares of the seal's
#: height.
_ROUND_WORDS, _OVAL_WORDS = (0.72, 0.77), (0.61, 0.755)
#: Of 255: darker pixels may be faint strokes; share of them below which there is no line.
_FAINT, _LEAST_INK = 215, 0.08
#: Letters of the shortest line that says what a seal is for, so that it is not looked for again.
_SHORTEST_WORD = 3
#: Score below which there is no text, and from which a line says that the seal is upright.
_LEAST_SCORE, _SURE = 0.4, 0.8


@dataclass(frozen=True)
class _Line:
    """Where a line lies on the upright picture: half its width and height, degrees off level."""

    centre: Point
    half: tuple[float, float]
    rotation: float


@dataclass(frozen=True)
class Upright:
    """A seal turned upright.

    Attributes:
        images: Views of the seal without its frame, (h, w, 3), by name.
        ink: (h, w), 0 and 1, of what lies within those texts.
        taken: (h, w), 0 and 1: where they are.
        is_oval: There may be a number across its middle, as invoice seals have it.
        back: (2, 3), from its pixels to the crop's.
    """

    images: dict[str, Image]
    ink: NDArray[np.uint8]
    taken: NDArray[np.uint8]
    is_oval: bool
    back: Matrix

    def to_crop(self, points: Points) -> tuple[Point, ...]:
        """Return where points, (n, 2), lie in the crop."""
        return tuple((float(x), float(y)) for x, y in moved(points, self.back))


def turned_upright(seal: SealViews, rotation: float, taken: Sequence[Strip]) -> Upright:
    """Return what lies within the ring, upright.

    Args:
        seal: Round or oval.
        rotation: Degrees counter-clockwise by which it stands off upright.
        taken: Parts of the ring whose texts are read already: left white, as the ring itself is.
    """
    back, size = _way(seal.geometry, rotation, UPRIGHT_HEIGHT)
    images = _warped(seal, back, size)
    frame = _left_out(seal.geometry, [], back, size)
    white = _left_out(seal.geometry, taken, back, size)
    ink = _ink(seal, images, white, back)
    papered = {name: _papered(image, frame) for name, image in images.items()}
    read_already = np.where(frame, 0, white).astype(np.uint8)
    return Upright(papered, ink, read_already, seal.geometry.shape == "oval", back)


def upright_ink(seal: SealViews, rotation: float, taken: Sequence[Strip]) -> NDArray[np.uint8]:
    """Return the ink alone, small: enough to see how the seal is turned.

    Args:
        seal: Round or oval.
        rotation: Degrees counter-clockwise by which it stands off upright, about.
        taken: As `turned_upright` has it.

    Returns:
        (h, w), 0 and 1.
    """
    back, size = _way(seal.geometry, rotation, _TURNING_HEIGHT)
    images = _warped(seal, back, size)
    return _ink(seal, images, _left_out(seal.geometry, taken, back, size), back)


def read_inner(
    upright: Upright, models: SealModels, *, latin: bool = False
) -> list[tuple[Candidate, ...]]:
    """Read the lines of an upright seal, from top to bottom.

    What is missing then is read where such seals have it, and comes last. Where nothing is sure the
    seal may not be upright: lines that slant are read, too, and what tells more is kept.

    Args:
        upright: The seal.
        models: Recogniser, and the detector for lines that slant.
        latin: The name on its ring is in Latin letters.
    """
    boxes = [_widened(box, upright.taken) for box in find_lines(upright.ink)]
    lines = _read(upright, [_level(box) for box in boxes], models)
    lines += _at_their_places(upright, models, lines, latin=latin)
    if any(group[0].score >= _SURE and len(group[0].text) > 1 for group in lines):
        return lines
    inside = _papered(next(iter(upright.images.values())), upright.taken)
    found = models.detect(inside, _DETECTOR_SIDE)
    slanting = _read(upright, [_slanting(polygon) for polygon in found], models)
    return max((lines, slanting), key=_weight)


def _at_their_places(
    upright: Upright,
    models: SealModels,
    lines: Sequence[tuple[Candidate, ...]],
    *,
    latin: bool,
) -> list[tuple[Candidate, ...]]:
    """Read a number and a word where no line says them: print hides lines, or they are faint.

    An oval's number stands across its middle, and below it what the seal is for. A seal with a
    Latin name has its words across the middle, others below it.

    Args:
        upright: The seal.
        models: Recogniser.
        lines: That were found.
        latin: The name on its ring is in Latin letters.
    """
    found: list[tuple[Candidate, ...]] = []
    has_word, has_number = any(map(_is_word, lines)), any(map(_is_code, lines))
    lacks_word, lacks_number = latin and not has_word, upright.is_oval and not has_number
    if lacks_word or lacks_number:
        across = _read(upright, [_level(_across(upright.taken, _MIDDLE, _LONGEST_NUMBER))], models)
        found += across if lacks_word else filter(_is_code, across)
    if has_word or any(map(_is_word, found)):
        return found
    if upright.is_oval and (has_number or any(map(_is_code, found))):
        found += _read(upright, [_level(_below_number(upright.taken))], models)
    elif not latin:
        places = _OVAL_WORDS if upright.is_oval else _ROUND_WORDS
        below = [_across(upright.taken, place, _LONGEST_WORD) for place in places]
        inked = [_level(box) for box in below if _has_ink(upright, box)]
        found += filter(_is_word, _read(upright, inked, models))
    return found


def _is_code(group: tuple[Candidate, ...]) -> bool:
    return looks_like_code(group[0].text)


def _is_word(group: tuple[Candidate, ...]) -> bool:
    """Whether a line is surely read, and letters are in it: neither a code nor a day."""
    best = group[0]
    letters = sum(char.isalpha() for char in best.text)
    return best.score >= _SURE and letters >= _SHORTEST_WORD and not _is_code(group)


def _below_number(taken: NDArray[np.uint8]) -> Points:
    """Return the box of the line that stands below the number of an invoice seal."""
    height, width = taken.shape
    middle, half = _BELOW * height, (_WORD_WIDTH / 2 * width, _WORD_HEIGHT / 2 * height)
    return np.array(
        [width / 2 - half[0], middle - half[1], width / 2 + half[0], middle + half[1]], float
    )


def _across(taken: NDArray[np.uint8], place: float, longest: float) -> Points:
    """Return the box of a line at a share of the height, as long as what is taken leaves room for.

    Args:
        taken: (h, w), 0 and 1.
        place: Of its middle, as a share of the height.
        longest: Share of the width that it takes at most.
    """
    height, width = taken.shape
    free = np.flatnonzero(taken[round(place * height)] == 0)
    near = free[np.abs(free - width / 2) < longest / 2 * width]
    first, last = (near[0], near[-1]) if near.size else (0, width)
    middle, half = place * height, _ACROSS_HEIGHT / 2 * height
    return np.array([first, middle - half, last + 1, middle + half], float)


def _has_ink(upright: Upright, box: Points) -> bool:
    """Whether there is something dark in a box, however faint."""
    x1, y1, x2, y2 = (round(side) for side in box)
    view = next(iter(upright.images.values()))
    return float((view[y1:y2, x1:x2, 0] < _FAINT).mean()) > _LEAST_INK


def _read(
    upright: Upright, lines: Sequence[_Line], models: SealModels
) -> list[tuple[Candidate, ...]]:
    lines = [line for line in lines if line.half[0] >= LEAST_ASPECT * line.half[1]]
    views: list[dict[str, Placed]] = [{} for _ in lines]
    for name, image in upright.images.items():
        # Lines that were read surely in one view are not read in the next.
        doubtful = [number for number, seen in enumerate(views) if not any_sure(seen)]
        read = models.recognise([_cut(image, lines[number]) for number in doubtful])
        for number, each in zip(doubtful, read, strict=True):
            views[number][name] = Placed(each)
    groups = [_group(upright, line, seen) for line, seen in zip(lines, views, strict=True)]
    return [group for group in groups if group]


def _weight(groups: Sequence[tuple[Candidate, ...]]) -> float:
    return sum(score - _LEAST_SCORE for group in groups for score in group[0].characters)


def _widened(box: Points, taken: NDArray[np.uint8]) -> Points:
    """Return a line's box a character longer at both ends where the ring's texts may hide one."""
    x1, y1, x2, y2 = (round(side) for side in box)
    tall = y2 - y1
    beside = taken[y1:y2, max(0, x1 - tall) : x1], taken[y1:y2, x2 : x2 + tall]
    if not any(part.any() for part in beside):
        return box
    return np.array([max(0, x1 - tall), y1, min(taken.shape[1], x2 + tall), y2], float)


def _level(box: Points) -> _Line:
    x1, y1, x2, y2 = box.tolist()
    return _Line(((x1 + x2) / 2, (y1 + y2) / 2), ((x2 - x1) / 2, (y2 - y1) / 2), 0.0)


def _slanting(polygon: Polygon) -> _Line:
    centre, (width, height), angle = cv2.minAreaRect(polygon.astype(np.float32))
    if width < height:
        width, height, angle = height, width, angle - 90
    rotation = (-angle + 90) % 180 - 90
    return _Line((float(centre[0]), float(centre[1])), (width / 2, height / 2), rotation)


def _group(upright: Upright, line: _Line, views: dict[str, Placed]) -> tuple[Candidate, ...]:
    back, (width, height) = upright_way(line.centre, line.half, line.rotation, 1.0)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    polygon = upright.to_crop(moved(corners, back))
    readings = {name: placed.marks for name, placed in views.items()}
    readings["agreed"] = consensus(list(readings.values()))
    found = [candidate("inner", marks, polygon, f"line {name}") for name, marks in readings.items()]
    return ranked([each for each in found if each.score >= _least_score(each.text)])


def _least_score(text: str) -> float:
    """Return the score below which this is no text: a lone character may be a star or an emblem."""
    return _LEAST_SCORE if len(text) > 1 else _SURE


def _way(geometry: Geometry, rotation: float, height: int) -> tuple[Matrix, tuple[int, int]]:
    """Return how the whole seal is drawn upright, so many pixels high; see `upright_way`."""
    half = _half_sides(geometry, rotation)
    return upright_way(geometry.centre, half, rotation, height / (2 * half[1]))


def _warped(seal: SealViews, back: Matrix, size: tuple[int, int]) -> dict[str, Image]:
    return {name: seal.drawn(name, partial(warped, back=back, size=size)) for name in seal.trusted}


def _ink(
    seal: SealViews, images: dict[str, Image], white: NDArray[np.uint8], back: Matrix
) -> NDArray[np.uint8]:
    """Return where upright views have ink, rules and what is white left out."""
    ink = np.where(white, 0, dark_in([*images.values()])).astype(np.uint8)
    if seal.rules.any():
        # Rules of tables lie level in the crop, not on the upright seal.
        height, width = white.shape
        ink[warped(seal.rules * 255, back, (width, height)) > _RULED] = 0
    return ink


def _half_sides(geometry: Geometry, rotation: float) -> tuple[float, float]:
    """Return half the width and height of the box around an ellipse once it is upright."""
    a, b = geometry.axes
    turn = math.radians(geometry.tilt - rotation)
    c, s = math.cos(turn), math.sin(turn)
    return math.hypot(a * c, b * s), math.hypot(a * s, b * c)


def _left_out(
    geometry: Geometry,
    taken: Sequence[Strip],
    back: Matrix,
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """Return a mask of the frame, of what lies beyond it, and of the texts read already."""
    short = geometry.axes[1]
    there = np.asarray(cv2.invertAffineTransform(back), float)
    white = np.ones((size[1], size[0]), np.uint8)
    whole = Strip(0.0, 1.0, 0.0, _FRAME_DEPTH * short)
    within = np.array(outline_of_strip(geometry, whole, _OUTLINE_POINTS)[_OUTLINE_POINTS:])
    painted(white, moved(within, there), 0)
    for strip in taken:
        part = replace(strip, outer=0.0)
        outline = np.array(outline_of_strip(geometry, part, _OUTLINE_POINTS))
        painted(white, moved(outline, there), 1)
    return white


def _papered(image: Image, white: NDArray[np.uint8]) -> Image:
    """Return a picture with bare paper where a mask says so."""
    some = image[::_PAPER_STEP, ::_PAPER_STEP].reshape(-1, 3)
    paper = np.quantile(some, 0.9, axis=0).astype(np.uint8)
    return np.asarray(cv2.copyTo(image, 1 - white, np.full(image.shape, paper)), np.uint8)


def _cut(image: Image, line: _Line) -> Image:
    """Cut a line out, level, with a margin; as high as the recogniser has it if it is higher."""
    up, aside = (share * 2 * line.half[1] for share in _MARGIN)
    half = (line.half[0] + aside, line.half[1] + up)
    back, size = upright_way(line.centre, half, line.rotation, 1.0)
    cut = warped(image, back, size)
    if cut.shape[0] <= LINE_HEIGHT:
        return cut
    return resized(cut, (max(1, round(LINE_HEIGHT / cut.shape[0] * cut.shape[1])), LINE_HEIGHT))
