"""A second look at pages on which the locator found no seal and is in doubt.

What nobody finds nobody reads, and a missed seal looks like "no seal". So such a page is shown to
the locator once more, upside down: a seal that it did not trust may convince it then. A picture
that something fills is shown from afar as well, with paper around it. What is still not believed
says how surely the page is empty.
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

#: Least score that is asked for: how surely a page is empty rests on what does not count.
LEAST = 0.02

#: Score from which anything leaves a page without a seal in doubt.
DOUBT = 0.2

#: Score from which a seal counts upside down: below it more is taken for one than is found.
ENOUGH = 0.75

#: From afar only what fills the picture counts: from this share of it, and from this score.
FILLING, ENOUGH_AFAR = 0.25, 0.5

#: Paper around the page in the look from afar, on each side, as a share of the page's.
MARGIN = 0.4

#: IoU from which two boxes are of one thing.
_SAME = 0.5

#: Scores of the surest seal that did not count, and the share of pages with such a one on which
#: there was none: measured on pages that no other figure rests on by `locator.second_look`.
_CERTAINTY = ((0.2, 0.995), (0.35, 0.98), (0.45, 0.91), (0.58, 0.7))


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
        seconds: What the second look took; None: none was needed.
    """

    best: float
    has_seal: bool
    seconds: float | None

    @property
    def empty_score(self) -> float | None:
        """How surely the page holds no seal, 0 to 1; None where seals were found."""
        return None if self.has_seal else certainty(self.best)


class LookAgain:
    """Stands in for PaddleX's layout module: the same answers, more on pages without a seal."""

    def __init__(self, locate: LayoutModule) -> None:
        """Look with a module.

        Args:
            locate: PaddleX's, loaded.
        """
        self._locate = locate
        #: How the last page was looked at; None: no page was.
        self.looked: Looked | None = None

    def __call__(self, images: Sequence[Image], **options: Any) -> Iterator[Any]:
        """Yield PaddleX's result for each page, its boxes with those of the second look."""
        for image in images:
            (result,) = self._locate([image], **_EVERYTHING)
            seen, seconds = list(result["boxes"]), None
            boxes = self._counting(seen, image, options)
            if not has_seal(boxes) and any(box["score"] >= DOUBT for box in seen):
                started = time.perf_counter()
                turned = self._turned(image)
                boxes = _joined(boxes, self._found(seen, turned, image, options))
                seen += turned
                seconds = time.perf_counter() - started
            self.looked = Looked(_best(seen), has_seal(boxes), seconds)
            result["boxes"] = boxes
            yield result

    def _found(
        self,
        seen: Sequence[Box],
        turned: Sequence[Box],
        image: Image,
        options: Mapping[str, Any],
    ) -> list[Box]:
        """Return the seals that count upside down, or else those that fill the picture."""
        counting = self._counting(turned, image, {**options, "threshold": ENOUGH})
        found = [box for box in counting if has_seal([box])]
        if not found and any(_fills(box, image) for box in seen):
            return self._from_afar(image)
        return found

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
        self, boxes: Sequence[Box], image: Image, options: Mapping[str, Any]
    ) -> list[Box]:
        """Return the boxes that PaddleX lets count, by the job's options, or else the preset's."""
        if not boxes:
            return []
        asked = options.get("threshold")
        others = ("layout_nms", "layout_unclip_ratio", "layout_merge_bboxes_mode")
        rows = [(box["cls_id"], box["score"], *box["coordinate"]) for box in boxes]
        return self._locate.post_op.apply(
            np.array(rows, float),
            (image.shape[1], image.shape[0]),
            self._locate.threshold if asked is None else asked,
            *(options.get(name) or getattr(self._locate, name) for name in others),
        )


def certainty(best: float) -> float:
    """Return how surely a page is empty whose surest thing that did not count has this score."""
    scores, shares = zip(*_CERTAINTY, strict=True)
    return float(np.interp(best, scores, shares))


def has_seal(boxes: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether one of PaddleX's boxes is a seal."""
    return any(box["label"].lower() == SEAL_LABEL for box in boxes)


def _joined(boxes: Sequence[Box], seals: Sequence[Box]) -> list[Box]:
    """Return the boxes of both looks; what the second knows to be a seal was no cut one."""
    others = [box for box in boxes if not any(_iou(box, seal) > _SAME for seal in seals)]
    return [*others, *({**seal, "found_by": "second_look"} for seal in seals)]


def _best(boxes: Iterable[Box]) -> float:
    return max((float(box["score"]) for box in boxes if has_seal([box])), default=0.0)


def _fills(box: Box, image: Image) -> bool:
    height, width = image.shape[:2]
    return bool(_area(box["coordinate"]) >= FILLING * height * width)


def _iou(one: Box, other: Box) -> float:
    a, b = one["coordinate"], other["coordinate"]
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    return shared / max(_area(a) + _area(b) - shared, 1e-9)


def _area(corners: Sequence[float]) -> float:
    return float((corners[2] - corners[0]) * (corners[3] - corners[1]))
