"""A second, closer look at pages on which the locator found no seal.

What nobody finds nobody reads, and a missed seal looks like "no seal". Such a page is shown to the
locator again: in overlapping windows, each of which it sees larger than the page, and once from
afar, with paper around it, for a picture that a seal fills. What it then finds counts; what it half
believes says how surely the page is empty.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.paper import paper_of
from sealq_worker.view import SEAL_LABEL

#: A page, (h, w, 3), BGR.
Image = NDArray[np.uint8]

#: x1, y1, x2, y2 in pixels of the page; the window of the look from afar reaches beyond it.
Window = tuple[int, int, int, int]

#: Side of a window as a share of the page's. Two in each direction overlap by more than a seal's
#: width: a seal that one of them cuts is whole in another.
WINDOW = 0.62

#: Paper around the page in the look from afar, on each side, as a share of the page's.
MARGIN = 0.4

#: Score from which a seal in a window counts. Above the first look's: a window shows less of what
#: stands around a thing, and below this it brings more false seals than it finds.
ENOUGH = 0.95

#: From afar only what fills the picture counts: from this share of it, and from this score.
FILLING, ENOUGH_AFAR = 0.25, 0.5

#: Least score that is asked for: how surely a page is empty rests on the best that did not count.
LEAST = 0.02

#: Share of a window's side within which a box touches its border: cut here, whole elsewhere.
_BORDER = 0.01

#: IoU, or share of the smaller box inside the larger, from which two boxes are one seal.
_SAME = 0.5

#: Scores of the best thing that did not count, and the share of pages with such a best thing on
#: which there was no seal: measured on pages that no other figure rests on by `locator.emptiness`.
_CERTAINTY = ((0.2, 0.99), (0.4, 0.95), (0.8, 0.86))


class LayoutModule(Protocol):
    """PaddleX's layout module."""

    def __call__(self, images: Sequence[Image], **options: Any) -> Iterable[Any]:
        """Yield a `DetResult` for each image; its `boxes` are dicts with label and score."""


@dataclass(frozen=True)
class Looked:
    """What the second look saw.

    Attributes:
        boxes: Seals, as PaddleX gives boxes, with `found_by`.
        best: Score of the surest thing that did not count, 0 to 1.
        seconds: What it took.
    """

    boxes: list[dict[str, Any]]
    best: float
    seconds: float

    @property
    def empty_score(self) -> float | None:
        """How surely the page holds no seal, 0 to 1; None where seals were found."""
        return None if self.boxes else certainty(self.best)


class LookAgain:
    """Stands in for PaddleX's layout module: the same answers, more on pages without a seal."""

    def __init__(self, locate: LayoutModule) -> None:
        """Look with a module.

        Args:
            locate: PaddleX's, loaded.
        """
        self._locate = locate
        #: What the second look at the last page saw; None where it was not needed.
        self.looked: Looked | None = None

    def __call__(self, images: Sequence[Image], **options: Any) -> Iterator[Any]:
        """Yield PaddleX's result for each page, its boxes with those of the second look."""
        for image, result in zip(images, self._locate(images, **options), strict=True):
            self.looked = None if has_seal(result["boxes"]) else look_closer(self._locate, image)
            if self.looked is not None:
                result["boxes"] = _joined(result["boxes"], self.looked.boxes)
            yield result


def look_closer(locate: LayoutModule, image: Image, enough: float = ENOUGH) -> Looked:
    """Show a page to the locator window by window.

    Args:
        locate: PaddleX's layout module.
        image: The page.
        enough: Score from which a seal in a window counts.
    """
    started = time.perf_counter()
    near = [
        _moved(box, window, image)
        for window in windows_of(image)
        for box in _seals_in(locate, image, window)
    ]
    window = window_from_afar(image)
    afar = [_moved(box, window, image) for box in _seals_in(locate, image, window)]
    seals = [box for box in near if box["score"] >= enough]
    seals += [box for box in afar if box["score"] >= ENOUGH_AFAR and _fills(box, image)]
    best = max((box["score"] for box in near if box["score"] < enough), default=0.0)
    boxes = [{**box, "found_by": "second_look"} for box in _distinct(seals)]
    return Looked(boxes, float(best), time.perf_counter() - started)


def windows_of(image: Image) -> list[Window]:
    """Return overlapping windows that cover a page."""
    height, width = image.shape[:2]
    across, down = round(width * WINDOW), round(height * WINDOW)
    return [
        (left, top, left + across, top + down)
        for top in (0, height - down)
        for left in (0, width - across)
    ]


def window_from_afar(image: Image) -> Window:
    """Return the window that shows a page with paper around it."""
    height, width = image.shape[:2]
    aside, above = round(width * MARGIN), round(height * MARGIN)
    return -aside, -above, width + aside, height + above


def certainty(best: float) -> float:
    """Return how surely a page is empty whose surest thing that did not count has this score."""
    scores, shares = zip(*_CERTAINTY, strict=True)
    return float(np.interp(best, scores, shares))


def _joined(
    first: Iterable[dict[str, Any]], found: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the boxes of both looks; what the second knows to be a seal was no cut one."""
    kept = [
        box
        for box in first
        if not any(_is_same(box["coordinate"], seal["coordinate"]) for seal in found)
    ]
    return [*kept, *found]


def has_seal(boxes: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether one of PaddleX's boxes is a seal."""
    return any(box["label"].lower() == SEAL_LABEL for box in boxes)


def _seals_in(locate: LayoutModule, image: Image, window: Window) -> Iterator[Mapping[str, Any]]:
    """Yield the seals in a window that it does not cut, in its own pixels."""
    (result,) = locate([_shown(image, window)], threshold=LEAST)
    for box in result["boxes"]:
        if box["label"].lower() == SEAL_LABEL and not _cut(box["coordinate"], window, image):
            yield box


def _shown(image: Image, window: Window) -> Image:
    x1, y1, x2, y2 = window
    height, width = image.shape[:2]
    inside = np.ascontiguousarray(image[max(y1, 0) : y2, max(x1, 0) : x2])
    if x1 >= 0:
        return inside
    rims = (-y1, y2 - height, -x1, x2 - width)
    return np.asarray(
        cv2.copyMakeBorder(inside, *rims, cv2.BORDER_CONSTANT, value=paper_of(image)), np.uint8
    )


def _cut(coordinate: Sequence[float], window: Window, image: Image) -> bool:
    """Say whether a box touches a side of its window that is no side of the page."""
    x1, y1, x2, y2 = window
    height, width = image.shape[:2]
    left, top, right, bottom = (float(value) for value in coordinate)
    across, down = _BORDER * (x2 - x1), _BORDER * (y2 - y1)
    return (
        (x1 > 0 and left < across)
        or (y1 > 0 and top < down)
        or (x2 < width and right > x2 - x1 - across)
        or (y2 < height and bottom > y2 - y1 - down)
    )


def _moved(box: Mapping[str, Any], window: Window, image: Image) -> dict[str, Any]:
    """Return a box of a window in pixels of the page, and not beyond it."""
    height, width = image.shape[:2]
    corners = np.array(box["coordinate"], float) + np.tile(window[:2], 2)
    return {**box, "coordinate": np.clip(corners, 0, [width, height] * 2).tolist()}


def _fills(box: Mapping[str, Any], image: Image) -> bool:
    height, width = image.shape[:2]
    return bool(_area(box["coordinate"]) >= FILLING * height * width)


def _distinct(boxes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for box in sorted(boxes, key=lambda box: -box["score"]):
        if not any(_is_same(box["coordinate"], other["coordinate"]) for other in kept):
            kept.append(box)
    return kept


def _is_same(one: Sequence[float], other: Sequence[float]) -> bool:
    corner, opposite = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    shared = float(np.prod(np.maximum(opposite - corner, 0)))
    return shared > _SAME * min(_area(one), _area(other))


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
