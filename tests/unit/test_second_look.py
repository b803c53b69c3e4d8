"""The second look, with a locator that believes what it is told, and PaddleX's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_worker.paddlex_env import import_paddlex
from sealq_worker.second_look import (
    DOUBT,
    ENOUGH,
    Box,
    Image,
    LookAgain,
    certainty,
)

LABELS = ["seal", "cut_seal", "tax_mark"]
#: Score that a seal needs in one look.
NEEDED = 0.6
#: Sides of the page.
WIDTH, HEIGHT = 800, 1000


class Believing:
    """Sees squares: how surely, its blue channel says of the page as it stands, green turned.

    It has the settings of sealq's presets and PaddleX's own way from what is seen to what counts.
    """

    def __init__(self, label: str = "seal") -> None:
        import_paddlex(font=None)
        from paddlex.inference.models.object_detection.processors import DetPostProcess

        self.label = label
        self.looks: list[Image] = []
        self.threshold: float | dict[int, float] = {0: NEEDED, 1: 0.5, 2: 0.5}
        self.layout_nms: bool | None = True
        self.layout_unclip_ratio: Any = 1.0
        self.layout_merge_bboxes_mode: Any = "large"
        self.post_op: Any = DetPostProcess(LABELS)

    def __call__(self, images: Sequence[Image], **options: Any) -> Iterator[dict[str, Any]]:
        asked = [options[name] for name in ("threshold", "layout_unclip_ratio")]
        for image in images:
            self.looks.append(image)
            rows = np.array([*self._rows(image)], float).reshape(-1, 6)
            boxes = self.post_op.apply(
                rows, image.shape[1::-1], asked[0], True, asked[1], options[MERGING]
            )
            yield {"boxes": boxes}

    def _rows(self, image: Image) -> Iterator[tuple[float, ...]]:
        """Yield the boxes of the squares; the page stands upright if its corner is white."""
        channel = 0 if image[0, 0, 2] == 255 else 1
        _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 2] == 0).astype(np.uint8))
        for x, y, width, height, _ in stats[1:].tolist():
            score = image[y + height // 2, x + width // 2, channel] / 200
            yield LABELS.index(self.label), score, x, y, x + width, y + height


MERGING = "layout_merge_bboxes_mode"


def page(*squares: tuple[int, int, int, float, float]) -> Image:
    """Return a page with squares: left, top, side, score as it stands, score turned."""
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    image[-1, -1] = 254  # what stands at the upper left corner of the turned page
    for left, top, side, upright, turned in squares:
        image[top : top + side, left : left + side] = (upright * 200, turned * 200, 0)
    return image


def looked_at(image: Image, locate: Believing | None = None, **options: Any) -> list[Box]:
    (result,) = LookAgain(locate or Believing())([image], **options)
    boxes: list[Box] = result["boxes"]
    return boxes


def corners(boxes: Sequence[Box]) -> list[tuple[float, ...]]:
    return [tuple(box["coordinate"]) for box in boxes]


def test_a_page_with_a_seal_is_looked_at_once_and_answered_as_paddlex_does() -> None:
    locate = Believing()
    (box,) = looked_at(page((100, 100, 80, 0.7, 0.1), (600, 800, 40, 0.5, 0.95)), locate)
    assert len(locate.looks) == 1
    assert (box["label"], tuple(box["coordinate"])) == ("seal", (100, 100, 180, 180))
    assert "found_by" not in box


@given(st.integers(0, 750), st.integers(1, 900), st.integers(20, 49))
def test_a_seal_that_convinces_upside_down_counts_wherever_it_stands(
    left: int, top: int, side: int
) -> None:
    (box,) = looked_at(page((left, top, side, 0.3, 0.9)))
    assert box["coordinate"] == pytest.approx([left, top, left + side, top + side])
    assert (box["label"], box["found_by"]) == ("seal", "second_look")


def test_upside_down_a_seal_needs_more_than_upright() -> None:
    assert looked_at(page((100, 100, 80, 0.3, ENOUGH - 0.01))) == []
    assert len(looked_at(page((100, 100, 80, 0.3, ENOUGH + 0.01)))) == 1


def test_upside_down_a_seal_is_found_once_and_with_the_margin_that_the_job_asks_for() -> None:
    class Double(Believing):
        def _rows(self, image: Image) -> Iterator[tuple[float, ...]]:
            for label, score, x1, y1, x2, y2 in super()._rows(image):
                yield label, score, x1, y1, x2, y2
                yield label, 0.95 * score, x1 + 15, y1 + 15, x2 - 15, y2 - 15

    image = page((100, 100, 100, 0.3, 0.9))
    (box,) = looked_at(image, Double(), layout_unclip_ratio=1.2)
    assert box["coordinate"] == pytest.approx([90, 90, 210, 210])


def test_a_page_on_which_nothing_is_in_doubt_is_not_turned() -> None:
    locate = Believing()
    assert looked_at(page((100, 100, 80, DOUBT - 0.01, 0.95)), locate) == []
    assert len(locate.looks) == 1


def test_what_is_no_seal_does_not_spare_a_page_the_second_look() -> None:
    locate = Believing(label="tax_mark")
    (box,) = looked_at(page((100, 100, 80, 0.95, 0.95)), locate)
    assert box["label"] == "tax_mark"
    assert len(locate.looks) == 2


def test_a_job_s_own_threshold_counts() -> None:
    image = page((100, 100, 80, 0.5, 0.5))
    assert looked_at(image, threshold=0.55) == []
    assert len(looked_at(image, threshold=0.45)) == 1
    assert len(looked_at(image, threshold={0: 0.4, 1: 0.9, 2: 0.9})) == 1


def test_a_job_s_own_margin_around_boxes_is_given_once() -> None:
    (box,) = looked_at(page((100, 100, 100, 0.95, 0.95)), layout_unclip_ratio=1.2)
    assert box["coordinate"] == pytest.approx([90, 90, 210, 210])


def test_what_half_believed_boxes_hold_is_not_lost_in_them() -> None:
    """PaddleX drops boxes inside others: of those that count, not of all that are seen."""

    class Doubting(Believing):
        def _rows(self, image: Image) -> Iterator[tuple[float, ...]]:
            yield from super()._rows(image)
            yield 0, 0.05, 50, 50, 700, 900

    (box,) = looked_at(page((100, 100, 80, 0.95, 0.95)), Doubting())
    assert tuple(box["coordinate"]) == (100, 100, 180, 180)


def test_how_surely_a_page_is_empty_is_said_of_empty_pages_only() -> None:
    look = LookAgain(Believing())
    said = []
    for upright, turned in ((0.95, 0.95), (0.5, 0.95), (0.5, 0.3), (0.3, 0.5), (0.1, 0.0)):
        list(look([page((100, 100, 80, upright, turned))]))
        assert look.looked is not None
        said.append(look.looked)
    assert [looked.empty_score for looked in said[:2]] == [None, None]
    assert [looked.empty_score for looked in said[2:]] == pytest.approx(
        [certainty(0.5), certainty(0.5), certainty(0.1)]
    )
    assert [looked.seconds is None for looked in said] == [True, False, False, False, True]


def test_the_more_a_thing_looks_like_a_seal_the_less_surely_the_page_is_empty() -> None:
    scores = [certainty(best) for best in np.linspace(0, 1, 11)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]
    assert all(0 <= score <= 1 for score in scores)


def test_what_is_no_seal_says_nothing_of_how_empty_a_page_is() -> None:
    look = LookAgain(Believing(label="tax_mark"))
    (result,) = look([page((100, 100, 80, 0.7, 0.7))])
    assert [box["label"] for box in result["boxes"]] == ["tax_mark"]
    assert look.looked is not None
    assert look.looked.empty_score == pytest.approx(certainty(0))


class LongSighted(Believing):
    """Sees a square for what it is only where it leaves half of the picture free."""

    def _rows(self, image: Image) -> Iterator[tuple[float, ...]]:
        for label, score, x1, y1, x2, y2 in super()._rows(image):
            near = x2 - x1 > 0.6 * image.shape[1]
            yield (1, 0.55, x1, y1, x2, y2) if near else (label, score, x1, y1, x2, y2)


def picture_of(side: int, score: float) -> Image:
    """Return a square picture of 400 pixels with a square in it."""
    image = np.full((400, 400, 3), 255, np.uint8)
    first = (400 - side) // 2
    image[first : first + side, first : first + side] = (score * 200, score * 200, 0)
    return image


def test_a_seal_that_fills_the_picture_is_found_from_afar_and_is_no_cut_one() -> None:
    (found,) = looked_at(picture_of(390, 0.95), LongSighted())
    assert (found["label"], found["found_by"]) == ("seal", "second_look")
    assert tuple(found["coordinate"]) == (5, 5, 395, 395)


def test_from_afar_is_looked_only_where_something_fills_the_picture() -> None:
    locate = LongSighted()
    assert looked_at(picture_of(150, 0.3), locate) == []
    assert len(locate.looks) == 2
    (found,) = looked_at(picture_of(390, 0.3), LongSighted())
    assert (found["label"], found["score"]) == ("cut_seal", pytest.approx(0.55))


def test_paper_around_a_page_is_of_its_colour() -> None:
    """A margin of another colour would be a frame, and a frame may look like a seal."""
    locate = LongSighted()
    image = picture_of(390, 0.95)
    image[image[..., 2] == 255] = (200, 220, 230)
    looked_at(image, locate)
    afar = locate.looks[-1]
    assert afar.shape > image.shape
    assert (afar[:160] == (200, 220, 230)).all()
