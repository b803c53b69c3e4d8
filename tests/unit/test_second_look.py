"""The second look, with a locator that sees black squares, the surer the larger they look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_worker.second_look import (
    ENOUGH,
    WINDOW,
    Image,
    LookAgain,
    certainty,
    look_closer,
    windows_of,
)

#: Share of the picture's width that a square needs to be seen at all, and to be a seal for sure.
SEEN, SURE = 0.03, 0.08


class ShortSighted:
    """Scores each black square by how wide it is beside the picture; counts its calls."""

    def __init__(self, label: str = "seal") -> None:
        self.label = label
        self.calls = 0

    def __call__(self, images: Sequence[Image], **options: Any) -> Iterator[Any]:
        threshold = options.get("threshold", 0.5)
        for image in images:
            self.calls += 1
            yield {"boxes": [box for box in self._boxes(image) if box["score"] >= threshold]}

    def _boxes(self, image: Image) -> Iterator[dict[str, Any]]:
        dark = (image[..., 0] < 128).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(dark)
        for x, y, width, height, _ in stats[1:].tolist():
            score = float(np.clip((width / image.shape[1] - SEEN) / (SURE - SEEN), 0, 1))
            corners = [float(value) for value in (x, y, x + width, y + height)]
            yield {"cls_id": 0, "label": self.label, "score": score, "coordinate": corners}


def page(*squares: tuple[int, int, int], size: tuple[int, int] = (800, 1000)) -> Image:
    """Return a white page, (width, height), with squares: left, top, side."""
    width, height = size
    image = np.full((height, width, 3), 255, np.uint8)
    for left, top, side in squares:
        image[top : top + side, left : left + side] = 0
    return image


def boxes(looked: Any) -> list[tuple[float, ...]]:
    return [tuple(box["coordinate"]) for box in looked.boxes]


@given(st.integers(0, 740), st.integers(0, 940))
def test_a_seal_too_small_for_the_first_look_is_found_once_wherever_it_stands(
    left: int, top: int
) -> None:
    image = page((left, top, 48))
    assert boxes(look_closer(ShortSighted(), image)) == [(left, top, left + 48, top + 48)]


def test_seals_beside_each_other_are_all_found() -> None:
    squares = [(100, 100, 50), (380, 480, 50), (700, 900, 50)]
    found = boxes(look_closer(ShortSighted(), page(*squares)))
    assert sorted(found) == [(x, y, x + side, y + side) for x, y, side in squares]


def test_windows_cover_the_page_and_each_shows_its_share() -> None:
    covered = np.zeros((1000, 800), int)
    for x1, y1, x2, y2 in windows_of(page()):
        assert ((x2 - x1) / 800, (y2 - y1) / 1000) == pytest.approx((WINDOW, WINDOW), abs=1e-3)
        covered[y1:y2, x1:x2] += 1
    assert covered.min() >= 1


def test_a_page_with_a_seal_is_not_looked_at_again() -> None:
    locate = ShortSighted()
    look = LookAgain(locate)
    (result,) = look([page((100, 100, 80), (600, 800, 40))])
    assert locate.calls == 1
    assert look.looked is None
    assert [tuple(box["coordinate"]) for box in result["boxes"]] == [(100, 100, 180, 180)]


def test_what_is_no_seal_does_not_spare_a_page_the_second_look() -> None:
    look = LookAgain(ShortSighted(label="tax_mark"))
    (result,) = look([page((100, 100, 80))])
    assert look.looked is not None
    assert [box["label"] for box in result["boxes"]] == ["tax_mark"]


def test_what_the_second_look_found_stands_among_the_boxes_and_says_so() -> None:
    look = LookAgain(ShortSighted())
    (result,) = look([page((100, 100, 40))])
    (box,) = result["boxes"]
    assert (box["label"], box["found_by"]) == ("seal", "second_look")
    assert box["score"] >= ENOUGH


def test_how_surely_a_page_is_empty_is_said_only_of_empty_pages() -> None:
    look = LookAgain(ShortSighted())
    said = []
    for square in ((100, 100, 80), (100, 100, 40), (100, 100, 20)):
        list(look([page(square)]))
        said.append(look.looked.empty_score if look.looked else None)
    assert said[:2] == [None, None]
    assert said[2] is not None


def test_the_more_a_thing_looks_like_a_seal_the_less_surely_the_page_is_empty() -> None:
    faint, plain = (look_closer(ShortSighted(), page((300, 300, side))) for side in (16, 26))
    assert 0 < faint.best < plain.best < ENOUGH
    scores = [certainty(best) for best in np.linspace(0, 1, 11)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


class LongSighted(ShortSighted):
    """Sees squares only that leave half of the picture free."""

    def _boxes(self, image: Image) -> Iterator[dict[str, Any]]:
        for box in super()._boxes(image):
            x1, _, x2, _ = box["coordinate"]
            if x2 - x1 < 0.6 * image.shape[1]:
                yield box


def test_a_seal_that_fills_the_picture_is_found_from_afar() -> None:
    image = page((4, 4, 392), size=(400, 400))
    assert boxes(look_closer(LongSighted(), image)) == [(4, 4, 396, 396)]


def test_from_afar_nothing_counts_but_what_fills_the_picture() -> None:
    locate = LongSighted()
    assert boxes(look_closer(locate, page((4, 4, 392), size=(400, 400)))) != []
    assert boxes(look_closer(locate, page((4, 4, 150), size=(400, 400)), enough=1.1)) == []


def test_paper_around_a_page_is_of_its_colour() -> None:
    """A margin of another colour would be a frame, and a frame may look like a seal."""
    seen: list[Image] = []

    def locate(images: Sequence[Image], **_: Any) -> Iterator[Any]:
        seen.extend(images)
        yield {"boxes": []}

    look_closer(locate, np.full((400, 300, 3), (200, 220, 230), np.uint8))
    assert all((image == (200, 220, 230)).all() for image in seen)


def test_what_was_taken_for_a_cut_seal_and_is_a_whole_one_is_reported_once() -> None:
    """The first look sees a thing that fills the picture as cut by its edge."""

    class Misled(LongSighted):
        def _boxes(self, image: Image) -> Iterator[dict[str, Any]]:
            whole = {"cls_id": 1, "label": "cut_seal", "score": 0.6}
            if image.shape[0] == 400:
                yield {**whole, "coordinate": [0.0, 0.0, 400.0, 400.0]}
            yield from super()._boxes(image)

    (result,) = LookAgain(Misled())([page((4, 4, 392), size=(400, 400))])
    assert [box["label"] for box in result["boxes"]] == ["seal"]
