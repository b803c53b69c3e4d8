"""A second look at pages on which the locator is in doubt.

What nobody finds nobody reads, and a missed seal looks like "no seal". Turned upside down, a page
shows a seal as well as before, and a smudge or a postmark as another picture: so a page with
anything that the locator neither believes nor rules out is shown to it once more, turned by half,
and what counts is the mean of both looks. A picture that a seal fills is shown once more from afar,
with paper around it. What then does not count says how surely a page without a seal is empty.
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

#: A box as PaddleX gives it: `cls_id`, `label`, `score`, `coordinate` (x1, y1, x2, y2 in pixels).
Box = dict[str, Any]

#: Least score that is asked for: what nearly counts in one look may count in both.
LEAST = 0.02

#: From the first score to below the second a thing is in doubt. On pages without one, a second look
#: changes nothing.
DOUBT = (0.2, 0.85)

#: By how much less than one look two looks need: few things that are no seals look like one twice.
EASIER = 0.08

#: From afar only what fills the picture counts: from this share of it, and from this score.
FILLING, ENOUGH_AFAR = 0.25, 0.5

#: Paper around the page in the look from afar, on each side, as a share of the page's.
MARGIN = 0.4

#: IoU from which two boxes are of one thing.
_SAME = 0.5

#: Scores of the best thing that did not count, and the share of pages with such a best thing on
#: which there was no seal: measured on pages that no other figure rests on by
#: `locator.second_look`.
_CERTAINTY = ((0.2, 0.99), (0.4, 0.95), (0.8, 0.86))


class PostProcess(Protocol):
    """PaddleX's way from boxes to those that count."""

    def apply(
        self, boxes: NDArray[np.float64], img_size: tuple[int, int], *options: Any
    ) -> list[Box]:
        """Return the boxes that count, of (n, 6): class, score, x1, y1, x2, y2."""


class LayoutModule(Protocol):
    """PaddleX's layout module: what a job does not ask for is as the preset has it."""

    threshold: float | dict[int, float]
    layout_nms: bool | None
    layout_unclip_ratio: Any
    layout_merge_bboxes_mode: Any
    post_op: PostProcess

    def __call__(self, images: Sequence[Image], **options: Any) -> Iterable[Any]:
        """Yield a `DetResult` for each image; its `boxes` are dicts with label and score."""


#: Options of the module with which it gives all that it sees, as it sees it.
_EVERYTHING: Mapping[str, Any] = {
    "threshold": LEAST,
    "layout_unclip_ratio": 1.0,
    "layout_merge_bboxes_mode": "union",
}


@dataclass(frozen=True)
class Looked:
    """How a page was looked at.

    Attributes:
        best: Score of the surest seal that did not count, 0 to 1.
        has_seal: Whether one did.
        seconds: What the second look took; None: nothing was in doubt, and there was none.
    """

    best: float
    has_seal: bool
    seconds: float | None

    @property
    def empty_score(self) -> float | None:
        """How surely the page holds no seal, 0 to 1; None where seals were found."""
        return None if self.has_seal else certainty(self.best)


class LookAgain:
    """Stands in for PaddleX's layout module: the same answers but where it is in doubt."""

    def __init__(self, locate: LayoutModule) -> None:
        """Look with a module.

        Args:
            locate: PaddleX's, loaded.
        """
        self._locate = locate
        #: How the last page was looked at; None: no page was.
        self.looked: Looked | None = None

    def __call__(self, images: Sequence[Image], **options: Any) -> Iterator[Any]:
        """Yield PaddleX's result for each page, its boxes those that count after all looks.

        Boxes that would not have counted at the first look say `found_by: second_look`.
        """
        for image in images:
            (result,) = self._locate([image], **_EVERYTHING)
            seen, seconds = list(result["boxes"]), None
            boxes = self._counting(seen, image, options)
            if in_doubt(seen):
                started = time.perf_counter()
                seen = agreed(seen, self._turned(image))
                twice = self._counting(seen, image, options, easier=EASIER)
                if not has_seal(twice) and any(_fills(box, image) for box in seen):
                    twice = _replaced(twice, self._from_afar(image))
                boxes = [_told(box, boxes) for box in twice]
                seconds = time.perf_counter() - started
            self.looked = Looked(_best(seen), has_seal(boxes), seconds)
            result["boxes"] = boxes
            yield result

    def _turned(self, image: Image) -> list[Box]:
        """Return what is seen on a page that stands upside down, where it is on the page."""
        (result,) = self._locate([np.ascontiguousarray(image[::-1, ::-1])], **_EVERYTHING)
        height, width = image.shape[:2]
        there = np.array([width, height, width, height], float)
        return [
            {**box, "coordinate": (there - np.roll(box["coordinate"], 2)).tolist()}
            for box in result["boxes"]
        ]

    def _from_afar(self, image: Image) -> list[Box]:
        """Return the seals that fill a picture, seen with paper around it."""
        height, width = image.shape[:2]
        aside, above = round(width * MARGIN), round(height * MARGIN)
        around = cv2.copyMakeBorder(
            image, above, above, aside, aside, cv2.BORDER_CONSTANT, value=paper_of(image)
        )
        (result,) = self._locate([np.asarray(around, np.uint8)], **_EVERYTHING)
        corner, end = np.array([aside, above] * 2), np.array([width, height] * 2)
        found = [
            {**box, "coordinate": np.clip(np.subtract(box["coordinate"], corner), 0, end).tolist()}
            for box in result["boxes"]
            if has_seal([box]) and box["score"] >= ENOUGH_AFAR
        ]
        return [box for box in found if _fills(box, image)]

    def _counting(
        self, boxes: Sequence[Box], image: Image, options: Mapping[str, Any], easier: float = 0.0
    ) -> list[Box]:
        """Return the boxes that PaddleX lets count, as the job asks for them.

        Args:
            boxes: Everything that was seen.
            image: The page.
            options: What the job asks for; None: what the preset says.
            easier: By how much less than asked for a score may be.
        """
        if not boxes:
            return []
        asked = options.get("threshold")
        threshold = _lowered(self._locate.threshold if asked is None else asked, easier)
        others = ("layout_nms", "layout_unclip_ratio", "layout_merge_bboxes_mode")
        rows = [(box["cls_id"], box["score"], *box["coordinate"]) for box in boxes]
        return self._locate.post_op.apply(
            np.array(rows, float),
            (image.shape[1], image.shape[0]),
            threshold,
            *(options.get(name) or getattr(self._locate, name) for name in others),
        )


def in_doubt(boxes: Iterable[Box]) -> bool:
    """Say whether there is anything that the locator neither believes nor rules out."""
    return any(DOUBT[0] <= box["score"] < DOUBT[1] for box in boxes)


def agreed(first: Sequence[Box], second: Sequence[Box]) -> list[Box]:
    """Return what two looks saw of a page as one: means of their scores and boxes.

    What only one of them saw has half its score. Where they differ in the label, the surer one's
    counts: that something is there both say.
    """
    left = list(second)
    found = []
    for box in sorted(first, key=_score, reverse=True):
        same = max(left, key=lambda other: _iou(box, other), default=None)
        if same is not None and _iou(box, same) > _SAME:
            left.remove(same)
            found.append(_mean(box, same))
        else:
            found.append({**box, "score": box["score"] / 2})
    return found + [{**box, "score": box["score"] / 2} for box in left]


def certainty(best: float) -> float:
    """Return how surely a page is empty whose surest thing that did not count has this score."""
    scores, shares = zip(*_CERTAINTY, strict=True)
    return float(np.interp(best, scores, shares))


def has_seal(boxes: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether one of PaddleX's boxes is a seal."""
    return any(box["label"].lower() == SEAL_LABEL for box in boxes)


def _mean(one: Box, other: Box) -> Box:
    weights = [one["score"], other["score"]]
    corners = np.average([one["coordinate"], other["coordinate"]], axis=0, weights=weights)
    surer = max(one, other, key=_score)
    return {**surer, "score": sum(weights) / 2, "coordinate": corners.tolist()}


def _told(box: Box, once: Sequence[Box]) -> Box:
    """Return a box that says if it would not have counted at the first look."""
    known = any(box["label"] == other["label"] and _iou(box, other) > _SAME for other in once)
    return box if known else {**box, "found_by": "second_look"}


def _replaced(boxes: Sequence[Box], seals: Sequence[Box]) -> list[Box]:
    """Return boxes and seals; what is known to be a seal is no part of one, as it seemed."""
    others = [box for box in boxes if not any(_iou(box, seal) > _SAME for seal in seals)]
    return [*others, *seals]


def _best(boxes: Iterable[Box]) -> float:
    return max((float(box["score"]) for box in boxes if has_seal([box])), default=0.0)


def _lowered(threshold: float | Mapping[int, float], by: float) -> float | dict[int, float]:
    if isinstance(threshold, Mapping):
        return {class_id: least - by for class_id, least in threshold.items()}
    return float(threshold) - by


def _fills(box: Box, image: Image) -> bool:
    height, width = image.shape[:2]
    return bool(_area(box["coordinate"]) >= FILLING * height * width)


def _score(box: Box) -> float:
    return float(box["score"])


def _iou(one: Box, other: Box) -> float:
    a, b = one["coordinate"], other["coordinate"]
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    return shared / max(_area(a) + _area(b) - shared, 1e-9)


def _area(corners: Sequence[float]) -> float:
    return float((corners[2] - corners[0]) * (corners[3] - corners[1]))
