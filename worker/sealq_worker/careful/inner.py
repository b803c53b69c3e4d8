"""Read the straight lines inside a ring, the seal turned upright first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.lines import LEAST_ASPECT, find_lines, rules_in
from sealq_worker.careful.models import LINE_HEIGHT, Polygon, SealModels
from sealq_worker.careful.observation import Candidate, Geometry, Image, Point
from sealq_worker.careful.outline import Points
from sealq_worker.careful.pixels import moved, painted, resized, upright_way, warped
from sealq_worker.careful.scoring import Placed, candidate, consensus, ranked
from sealq_worker.careful.unwrap import Strip, outline_of_strip
from sealq_worker.careful.views import SealViews

#: Pixels of an upright picture's height: to read it, and to see how it is turned.
UPRIGHT_HEIGHT, TURNING_HEIGHT = 480, 240
#: Of 255: darker pixels have ink; lighter ones have none.
_MIDDLE_GREY, _LIGHT_GREY = 170, 225

#: Depth of the frame, as a share of the shorter half axis, and points that its outline is made of.
_FRAME_DEPTH, _OUTLINE_POINTS = 0.09, 60

#: Pixels of the shorter side at which the detector looks.
_DETECTOR_SIDE = 352

#: Share of a line's height by which its box is widened, up and down, left and right.
_MARGIN = (0.16, 0.35)
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
        inside: The first of them without the ring's texts, either.
        ink: (h, w), 0 and 1, of what lies within those texts.
        taken: (h, w), 0 and 1: where they are.
        back: (2, 3), from its pixels to the crop's.
    """

    images: dict[str, Image]
    inside: Image
    ink: NDArray[np.uint8]
    taken: NDArray[np.uint8]
    back: NDArray[np.float64]

    def to_crop(self, points: Points) -> tuple[Point, ...]:
        """Return where points, (n, 2), lie in the crop."""
        return tuple((float(x), float(y)) for x, y in moved(points, self.back))


def turned_upright(
    seal: SealViews, rotation: float, taken: Sequence[Strip], height: int = UPRIGHT_HEIGHT
) -> Upright:
    """Return what lies within the ring, upright.

    Args:
        seal: Round or oval.
        rotation: Degrees counter-clockwise by which it stands off upright.
        taken: Parts of the ring whose texts are read already: left white, as the ring itself is.
        height: Of the pictures, in pixels.
    """
    half = _half_sides(seal.geometry, rotation)
    scale = height / (2 * half[1])
    back, size = upright_way(seal.geometry.centre, half, rotation, scale)
    frame = _left_out(seal.geometry, [], back, size)
    white = _left_out(seal.geometry, taken, back, size)
    images, inside = {}, []
    for name in seal.trusted:
        image = warped(getattr(seal, name), back, size)
        paper = _paper(image)
        images[name] = np.where(frame[..., None] > 0, paper, image).astype(np.uint8)
        inside.append(np.where(white[..., None] > 0, paper, image).astype(np.uint8))
    # Rules of tables lie level in the crop, not on the upright seal.
    rules = rules_in(_dark([getattr(seal, name) for name in seal.trusted]))
    ruled = warped(rules * 255, back, size) > _MIDDLE_GREY
    ink = np.where(ruled, 0, _dark(inside)).astype(np.uint8)
    return Upright(images, inside[0], ink, np.where(frame, 0, white).astype(np.uint8), back)


def read_inner(upright: Upright, models: SealModels) -> list[tuple[Candidate, ...]]:
    """Read the lines of an upright seal, from top to bottom.

    Where none is sure, the seal may not be upright: the detector finds lines that slant.
    """
    boxes = [_widened(box, upright.taken) for box in find_lines(upright.ink)]
    level = _read(upright, [_level(box) for box in boxes], models)
    if any(group[0].score >= _SURE and len(group[0].text) > 1 for group in level):
        return level
    found = models.detect(upright.inside, _DETECTOR_SIDE)
    slanting = _read(upright, [_slanting(polygon) for polygon in found], models)
    return max((level, slanting), key=_weight)


def _read(
    upright: Upright, lines: Sequence[_Line], models: SealModels
) -> list[tuple[Candidate, ...]]:
    lines = [line for line in lines if line.half[0] >= LEAST_ASPECT * line.half[1]]
    names = list(upright.images)
    read = models.recognise([_cut(upright.images[name], line) for line in lines for name in names])
    groups = []
    for number, line in enumerate(lines):
        own = read[number * len(names) : (number + 1) * len(names)]
        views = {name: Placed(each) for name, each in zip(names, own, strict=True)}
        groups.append(_group(upright, line, views))
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


def _dark(views: Sequence[Image]) -> NDArray[np.uint8]:
    """Return where there is ink: dark in the first view, and not bare in the others.

    Print is missing in one view, strokes are soft in the other.
    """
    bounds = (_MIDDLE_GREY, *[_LIGHT_GREY] * (len(views) - 1))
    dark = [view.max(axis=2) < bound for view, bound in zip(views, bounds, strict=True)]
    return np.asarray(np.logical_and.reduce(dark), np.uint8)


def _group(upright: Upright, line: _Line, views: dict[str, Placed]) -> tuple[Candidate, ...]:
    back, (width, height) = upright_way(line.centre, line.half, line.rotation, 1.0)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    polygon = upright.to_crop(moved(corners, back))
    readings = {name: placed.marks for name, placed in views.items()}
    readings["agreed"] = consensus(list(readings.values()))
    found = [candidate("inner", marks, polygon, f"line {name}") for name, marks in readings.items()]
    return ranked([each for each in found if each.score >= _LEAST_SCORE])


def _half_sides(geometry: Geometry, rotation: float) -> tuple[float, float]:
    """Return half the width and height of the box around an ellipse once it is upright."""
    a, b = geometry.axes
    turn = math.radians(geometry.tilt - rotation)
    c, s = math.cos(turn), math.sin(turn)
    return math.hypot(a * c, b * s), math.hypot(a * s, b * c)


def _left_out(
    geometry: Geometry,
    taken: Sequence[Strip],
    back: NDArray[np.float64],
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """Return a mask of the frame, of what lies beyond it, and of the texts read already."""
    short = geometry.axes[1]
    there = np.asarray(cv2.invertAffineTransform(back), float)
    white = np.ones((size[1], size[0]), np.uint8)
    whole = Strip(0.0, 1.0, 0.0, _FRAME_DEPTH * short)
    count = len(outline_of_strip(geometry, whole, _OUTLINE_POINTS)) // 2
    within = np.array(outline_of_strip(geometry, whole, _OUTLINE_POINTS)[count:])
    painted(white, moved(within, there), 0)
    for strip in taken:
        part = replace(strip, outer=0.0)
        outline = np.array(outline_of_strip(geometry, part, _OUTLINE_POINTS))
        painted(white, moved(outline, there), 1)
    return white


def _paper(image: Image) -> NDArray[np.float64]:
    paper: NDArray[np.float64] = np.quantile(image.reshape(-1, 3), 0.9, axis=0)
    return paper


def _cut(image: Image, line: _Line) -> Image:
    """Cut a line out, level, with a margin; as high as the recogniser has it if it is higher."""
    up, aside = (share * 2 * line.half[1] for share in _MARGIN)
    half = (line.half[0] + aside, line.half[1] + up)
    back, size = upright_way(line.centre, half, line.rotation, 1.0)
    cut = warped(image, back, size)
    if cut.shape[0] <= LINE_HEIGHT:
        return cut
    return resized(cut, (max(1, round(LINE_HEIGHT / cut.shape[0] * cut.shape[1])), LINE_HEIGHT))
