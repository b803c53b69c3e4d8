"""Find the straight lines of text on an upright seal, by where its ink lies."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.outline import Points
from sealq_worker.careful.pixels import resized
from sealq_worker.careful.star import star_in

Mask = NDArray[np.uint8]

#: Turns that are tried to bring lines level, degrees; the height at which; how much better one
#: must be than none.
_LEVELLING_ANGLES = tuple(float(angle) for angle in range(-24, 25, 2))
_LEVELLING_SIDE, _CLEARLY = 160, 1.3

#: Share of the seal's height: a straight stroke so long is no part of a character.
_RULE = 0.3

#: Shares of the seal's height: how high lines are, and gaps within one, as in 二.
_LEAST_HEIGHT, _GREATEST_HEIGHT, _SPLIT = 0.04, 0.24, 0.012
#: Wider to higher, at least: what is narrower is no line of text.
LEAST_ASPECT = 1.4

#: Least and greatest height of a drawing in the middle, as shares of the seal's, and how many times
#: as long as its shorter side its longer one is at most.
_EMBLEM, _SQUARISH = (0.2, 0.5), 1.25
#: Distances from the seal's middle, as shares of its height, between which filled ink is text.
_LINES_AWAY = (0.17, 0.36)

#: Share of the ink in the fullest rows below which a row lies between lines.
_NOTHING = 0.18
#: Heights of a line that a gap in it is wide at most: worn seals lack whole characters.
_WIDEST_GAP = 1.3


def levelling(ink: Mask) -> tuple[float, float]:
    """Return by how many degrees counter-clockwise ink is to be turned for its lines to lie level.

    Args:
        ink: (h, w), 0 and 1; about upright.

    Returns:
        The turn, 0 where none makes much of a difference, and how sharply lines then stand out,
        for comparison with the same ink from another start.
    """
    small = _letters(ink)
    sharpness = {angle: _sharpness(small, angle) for angle in _LEVELLING_ANGLES}
    best = max(sharpness, key=lambda angle: sharpness[angle])
    turn = best if sharpness[best] > _CLEARLY * sharpness[0.0] else 0.0
    return turn, sharpness[turn]


def levelness(ink: Mask) -> float:
    """Return how sharply lines stand out as they lie; see `levelling`."""
    return _sharpness(_letters(ink), 0.0)


def rules_in(ink: Mask) -> Mask:
    """Return the long level and upright lines in ink, 0 and 1: tables, bars, edges of sheets."""
    length = max(8, round(_RULE * len(ink)))
    level = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    upright = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray(cv2.dilate(np.maximum(level, upright), np.ones((3, 3), np.uint8)), np.uint8)


def find_lines(ink: Mask) -> list[Points]:
    """Find level lines of text, each centred on the seal's middle as seals have them.

    Args:
        ink: (h, w), 0 and 1; upright, nothing but straight lines, bars, and a star in it.

    Returns:
        Boxes x1, y1, x2, y2, from top to bottom.
    """
    filled = star_in(ink) & _apart_from_lines(ink.shape)
    letters = np.where(rules_in(ink) | filled | emblem_in(ink), 0, ink)
    height = len(ink)
    found = []
    for top, bottom in _rows(letters):
        box = _box(letters, top, bottom)
        tall = bottom - top
        sound = _LEAST_HEIGHT * height <= tall <= _GREATEST_HEIGHT * height
        if sound and box is not None and box[2] - box[0] >= LEAST_ASPECT * tall:
            found.append(box)
    return found


def emblem_in(ink: Mask) -> Mask:
    """Return the square around a drawing in the seal's middle, 0 and 1, both (h, w).

    A drawing hangs together and is about as wide as high; lines of text are neither.
    """
    height, width = ink.shape
    found = np.zeros_like(ink)
    boxes = cv2.connectedComponentsWithStats(ink, connectivity=8)[2][1:, :4]
    for left, top, wide, tall in boxes.tolist():
        within = left < width / 2 < left + wide and top < height / 2 < top + tall
        large = _EMBLEM[0] * height <= tall <= _EMBLEM[1] * height
        if within and large and max(wide, tall) <= _SQUARISH * min(wide, tall):
            found[top : top + tall, left : left + wide] = 1
    return found


def spans_of(profile: Points, least: float, nothing: float) -> list[tuple[int, int]]:
    """Return where a profile is more than next to nothing: pieces at least so long.

    Args:
        profile: (n,) ink in each row or column.
        least: Entries.
        nothing: Share of the profile's fullest entries below which there is none.
    """
    there = profile > nothing * max(1e-6, float(np.quantile(profile, 0.97)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], there.astype(int), [0]]))).reshape(-1, 2)
    return [(int(start), int(end)) for start, end in edges if end - start >= least]


def joined(spans: Iterable[tuple[int, int]], gap: float) -> list[tuple[int, int]]:
    """Return spans, in their order, with those as one that lie no farther apart than a gap."""
    together: list[tuple[int, int]] = []
    for start, end in spans:
        if together and start - together[-1][1] <= gap:
            together[-1] = (together[-1][0], end)
        else:
            together.append((start, end))
    return together


def _apart_from_lines(shape: tuple[int, ...]) -> Mask:
    """Return where filled ink is a star or dirt, 0 and 1: elsewhere a text ran together."""
    height, width = shape
    rows, columns = np.ogrid[:height, :width]
    squared = (rows - (height - 1) / 2) ** 2 + (columns - (width - 1) / 2) ** 2
    nearest, farthest = ((share * height) ** 2 for share in _LINES_AWAY)
    return np.asarray((squared < nearest) | (squared > farthest), np.uint8)


def _letters(ink: Mask) -> Mask:
    """Return the ink, 0 to 255, small; without star or emblem, which have edges of their own."""
    letters = np.where(star_in(ink), 0, ink * 255).astype(np.uint8)
    side = _LEVELLING_SIDE
    return resized(letters, (round(side * ink.shape[1] / ink.shape[0]), side))


def _rows(letters: Mask) -> list[tuple[int, int]]:
    """Return the rows of each line, small gaps closed."""
    height, width = letters.shape
    middle = letters[:, width // 6 : width - width // 6]
    return joined(spans_of(middle.mean(axis=1), 2, _NOTHING), round(_SPLIT * height))


def _box(letters: Mask, top: int, bottom: int) -> Points | None:
    """Return the box of a line, as far to one side of the seal's middle as to the other."""
    width = letters.shape[1]
    columns = np.flatnonzero(letters[top:bottom].any(axis=0))
    if not columns.size:
        return None
    middle = (width - 1) / 2
    breaks = np.flatnonzero(np.diff(columns) > _WIDEST_GAP * (bottom - top))
    pieces = np.split(columns, breaks + 1)
    main = min(pieces, key=lambda piece: float(np.abs(piece - middle).min()))
    half = float(np.abs(main[[0, -1]] - middle).max()) + 1
    return np.array([max(0.0, middle - half), top, min(float(width), middle + half), bottom])


def _sharpness(ink: Mask, angle: float) -> float:
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    rows = cv2.warpAffine(ink, turn, (width, height)).mean(axis=1)
    return float(np.square(np.diff(rows)).sum())
