"""Square training pictures of a page: the whole of it, windows on it, close-ups of its seals.

Windows are taken from the page at its own resolution, so that a seal that fills the picture is as
sharp as in a scan of nothing but a seal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from learning.pictures import Pixels
from locator.contract import CLASS_OF_TRUTH, CUT_SEAL, IGNORE, SEAL
from sealbench.pages import BenchPage
from sealbench.truth import Box

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

#: Side of a stored view in pixels: more than the network's input, so that zooming in keeps detail.
VIEW_SIDE = 640

#: Visible share of a seal's box above which a window leaves it whole.
WHOLE_SHARE = 0.97

#: Visible share of a seal's box within which a window has surely cut it; in between, and for tiny
#: rests, nothing is taught.
CUT_SHARES = (0.2, 0.85)

#: Visible share of a box under which nothing of the seal is left to see.
GONE_SHARE = 0.02

#: Share of pages that give a window, and of pages with seals that give a close-up: most pictures in
#: use are whole pages.
WINDOWS, CLOSE_UPS = 0.7, 0.35

#: Sides of a window as shares of the page's.
WINDOW_SHARES = (0.3, 0.9)

#: Margin around the seal of a close-up, on each side, as a share of the seal's.
CLOSE_MARGINS = (0.0, 0.5)

#: Longer to shorter side from which a box is long. A round seal on a page squashed to a square
#: reaches the square root of two.
LONG = 1.9

#: Shapes that are missed more often than others, and what else is often taken for a seal.
STRAIGHT_EDGED = frozenset({"square", "rectangle", "diamond"})
DECEPTIVE = frozenset({"postmark", "fingerprint"})


@dataclass(frozen=True)
class View:
    """One square picture and what is on it.

    Attributes:
        image: (VIEW_SIDE, VIEW_SIDE, 3) uint8 BGR, squashed as the network's input is.
        boxes: (n, 4) float32 x1, y1, x2, y2 in its pixels.
        labels: (n,) int64 class ids or `IGNORE`.
    """

    image: Pixels
    boxes: Floats
    labels: Ints


class DrawnView(NamedTuple):
    """A view to learn from.

    Attributes:
        view: The picture and what is on it.
        rare: How many kinds of what is rare it shows.
    """

    view: View
    rare: int


def views_of(page: BenchPage, rng: np.random.Generator) -> Iterator[DrawnView]:
    """Yield the whole page, and by chance a window on it and a close-up of one of its seals."""
    yield _drawn(page, _all_of(page))
    if rng.random() < WINDOWS:
        yield _drawn(page, _window(page, rng))
    if page.truth.seals and rng.random() < CLOSE_UPS:
        yield _drawn(page, _close_up(page, rng))


def page_view(page: BenchPage) -> View:
    """Return the whole page as the network sees it."""
    return _cut_out(page, _all_of(page))


def _drawn(page: BenchPage, window: Ints) -> DrawnView:
    view = _cut_out(page, window)
    return DrawnView(view, _kinds_of_rare(view) + _kinds_of_hard(page, window))


def _kinds_of_rare(view: View) -> int:
    """Count of: parts of seals or tax marks, long seals, things that lie over each other."""
    boxes = view.boxes
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3)
    is_long = sides.max(axis=1) > LONG * sides.min(axis=1)
    corners = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    opposites = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    meet = (opposites > corners).all(axis=2).sum() > len(boxes)  # each meets itself
    return int((view.labels > SEAL).any()) + int(is_long.any()) + int(meet)


def _kinds_of_hard(page: BenchPage, window: Ints) -> int:
    """Count of: seals with straight edges, what deceives."""
    seals = any(
        seal.shape in STRAIGHT_EDGED and _is_seen(seal.box, window) for seal in page.truth.seals
    )
    others = any(
        thing.kind in DECEPTIVE and _is_seen(thing.box, window) for thing in page.truth.distractors
    )
    return int(seals) + int(others)


def _is_seen(box: Box, window: Ints) -> bool:
    """Say whether the middle of a thing lies in a window."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return bool(window[0] <= x <= window[2] and window[1] <= y <= window[3])


def _all_of(page: BenchPage) -> Ints:
    height, width = page.image.shape[:2]
    return np.array([0, 0, width, height])


def _window(page: BenchPage, rng: np.random.Generator) -> Ints:
    height, width = page.image.shape[:2]
    full = np.array([width, height])
    size = full * rng.uniform(*WINDOW_SHARES, 2)
    corner = rng.uniform(0, 1, 2) * (full - size)
    return _inside(np.concatenate([corner, corner + size]), full)


def _close_up(page: BenchPage, rng: np.random.Generator) -> Ints:
    height, width = page.image.shape[:2]
    seal = page.truth.seals[rng.integers(len(page.truth.seals))]
    box = np.array(seal.box)
    size = np.tile(box[2:] - box[:2], 2)
    margins = size * rng.uniform(*CLOSE_MARGINS, 4) * rng.choice([0.1, 1.0])
    return _inside(box + margins * [-1, -1, 1, 1], np.array([width, height]))


def _inside(window: npt.NDArray[np.float64], full: Ints) -> Ints:
    corner = np.clip(np.floor(window[:2]), 0, full - 1)
    opposite = np.clip(np.ceil(window[2:]), corner + 1, full)
    inside: Ints = np.concatenate([corner, opposite]).astype(np.int64)
    return inside


def _cut_out(page: BenchPage, window: Ints) -> View:
    x1, y1, x2, y2 = window
    image = page.image[y1:y2, x1:x2]
    square = cv2.resize(image, (VIEW_SIDE, VIEW_SIDE), interpolation=cv2.INTER_AREA)
    boxes, labels = _truth_in(page, window)
    corner, size = window[:2], window[2:] - window[:2]
    scaled = (boxes - np.tile(corner, 2)) * np.tile(VIEW_SIDE / size, 2)
    return View(np.asarray(square, np.uint8), scaled.astype(np.float32), labels)


def _truth_in(page: BenchPage, window: Ints) -> tuple[npt.NDArray[np.float64], Ints]:
    boxes = np.array([seal.box for seal in page.truth.seals], np.float64).reshape(-1, 4)
    labels = np.array([CLASS_OF_TRUTH[seal.label] for seal in page.truth.seals], np.int64)
    return clip_to(boxes, labels, window.astype(np.float64))


def clip_to(
    boxes: npt.NDArray[np.float64], labels: Ints, window: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], Ints]:
    """Clip boxes to a window and say what each has become by it.

    Args:
        boxes: (n, 4) x1, y1, x2, y2.
        labels: (n,) class ids or `IGNORE`.
        window: (4,) in the boxes' frame.

    Returns:
        Boxes and labels of what is still there; a whole seal may have become a cut one, and what
        can't be called either is `IGNORE`.
    """
    clipped = np.concatenate(
        [np.maximum(boxes[:, :2], window[:2]), np.minimum(boxes[:, 2:], window[2:])], axis=1
    )
    shares = _areas(clipped) / np.maximum(_areas(boxes), 1e-6)
    kept = shares > GONE_SHARE
    return clipped[kept], _relabel(labels, shares)[kept]


def _relabel(labels: Ints, shares: npt.NDArray[np.float64]) -> Ints:
    least, most = CUT_SHARES
    surely_cut = (shares >= least) & (shares <= most)
    became_cut = surely_cut & ((labels == SEAL) | (labels == CUT_SEAL))
    untouched = shares >= WHOLE_SHARE
    return np.where(untouched, labels, np.where(became_cut, CUT_SEAL, IGNORE))


def _areas(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    areas: npt.NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return areas
