"""What windows, zooms and turns make of the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.augment import augment, resized
from locator.contract import CUT_SEAL, IGNORE, SEAL, TAX_MARK
from locator.views import VIEW_SIDE, View, clip_to, views_of
from sealbench.pages import BenchPage
from sealbench.truth import Box, DistractorTruth, PageTruth, SealTruth

WINDOW = np.array([0.0, 0.0, 100.0, 100.0])


@pytest.mark.parametrize(
    ("box", "before", "after"),
    [
        ((10, 10, 40, 40), SEAL, SEAL),  # inside
        ((80, 10, 120, 50), SEAL, CUT_SEAL),  # half of it is outside
        ((95, 10, 135, 50), SEAL, IGNORE),  # an eighth is left: who could tell
        ((62, 10, 102, 50), SEAL, IGNORE),  # nearly whole: neither wholly whole nor cut
        ((80, 10, 120, 50), CUT_SEAL, CUT_SEAL),  # cut once more
        ((80, 10, 120, 50), TAX_MARK, IGNORE),  # there is no label for half a mark
    ],
)
def test_a_window_says_what_it_made_of_a_seal(
    box: tuple[float, ...], before: int, after: int
) -> None:
    boxes, labels = clip_to(np.array([box], np.float64), np.array([before]), WINDOW)
    assert labels.tolist() == [after]
    assert boxes.max() <= 100


def test_what_lies_outside_a_window_is_gone() -> None:
    boxes, labels = clip_to(np.array([[100.0, 0, 140, 40]]), np.array([SEAL]), WINDOW)
    assert boxes.shape == (0, 4)
    assert labels.shape == (0,)


def _view_with_a_block() -> View:
    """Return a white view with one black block, its box drawn as a seal."""
    image = np.full((VIEW_SIDE, VIEW_SIDE, 3), 255, np.uint8)
    image[200:360, 280:380] = 0
    return View(image, np.array([[280, 200, 380, 360]], np.float32), np.array([SEAL]))


@given(st.integers(0, 10_000))
def test_a_box_still_lies_on_its_seal_after_every_change(seed: int) -> None:
    view = augment(_view_with_a_block(), 256, np.random.default_rng(seed))
    assert view.image.shape == (256, 256, 3)
    for box in view.boxes:
        x1, y1, x2, y2 = box.round().astype(int)
        inside = view.image[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2]
        ring = view.image[max(y1 - 6, 0) : y2 + 6, max(x1 - 6, 0) : x2 + 6]
        if inside.size and ring.size > view.image[y1:y2, x1:x2].size:
            assert inside.mean() < ring.mean()


def test_a_view_at_the_networks_size_keeps_its_proportions() -> None:
    view = resized(_view_with_a_block(), 512)
    assert view.boxes.tolist() == [[224.0, 160.0, 304.0, 288.0]]
    assert view.labels.tolist() == [SEAL]


ROUND = (40, 40, 140, 140)
FAR_AWAY = (300, 300, 400, 400)


def _seal(box: Box, shape: str = "round", label: str = "seal") -> SealTruth:
    return SealTruth("a", label, box, (), shape, "red", 0.0, 1.0, ("plain",), ())


def _page(seals: Sequence[SealTruth], lookalikes: Sequence[str] = ()) -> BenchPage:
    others = tuple(DistractorTruth(kind, FAR_AWAY) for kind in lookalikes)
    image = np.full((640, 640, 3), 255, np.uint8)
    plain = ("contract", "scan", 150, "white", 0, None)
    return BenchPage(image, PageTruth(*plain, 640, 640, tuple(seals), others))


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        (_page([_seal(ROUND), _seal(FAR_AWAY)]), 0),
        (_page([], ["emblem"]), 0),
        (_page([_seal(ROUND, label="cut")]), 1),
        (_page([_seal(ROUND, label="tax_mark")]), 1),
        (_page([_seal((40, 40, 400, 200), "oval")]), 1),
        (_page([_seal(ROUND), _seal((100, 100, 200, 200))]), 1),
        (_page([_seal(ROUND, "square")]), 1),
        (_page([_seal((40, 40, 400, 200), "rectangle")], ["postmark"]), 3),
        (_page([], ["fingerprint"]), 1),
    ],
)
def test_a_page_says_how_many_kinds_of_what_is_rare_or_hard_it_shows(
    page: BenchPage, kinds: int
) -> None:
    whole, *_ = views_of(page, np.random.default_rng(1))
    assert whole.rare == kinds


def test_a_window_counts_what_it_shows_and_not_its_page() -> None:
    page = _page([_seal((250, 250, 290, 290), "square"), _seal((350, 350, 390, 390))])
    counts = {
        (len(view.boxes), rare)
        for seed in range(40)
        for view, rare in list(views_of(page, np.random.default_rng(seed)))[1:]
        if IGNORE not in view.labels and CUT_SEAL not in view.labels
    }
    assert {(0, 0), (1, 0), (1, 1), (2, 1)} <= counts
    assert not {(0, 1), (2, 0)} & counts
