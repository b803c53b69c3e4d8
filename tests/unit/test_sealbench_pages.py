"""The bench's pages: what their truth promises, whatever the seed."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from sealbench.fonts import Split
from sealbench.pages import BenchPage, make_page, make_straddling
from sealbench.truth import PageTruth

#: Half a pixel of rounding, and smooth edges.
NEARLY = 0.02


@pytest.fixture(scope="module")
def pages() -> Sequence[BenchPage]:
    """Return pages as the bench draws them, small to be quick."""
    return [make_page(seed, "held_out", dpi=100) for seed in range(60)]


def test_same_seed_same_page() -> None:
    one, other = (make_page(7, "train", dpi=100) for _ in range(2))
    assert np.array_equal(one.image, other.image)
    assert one.truth == other.truth


@pytest.mark.parametrize(("seed", "split"), [(8, "train"), (7, "held_out")])
def test_another_seed_or_split_gives_another_page(seed: int, split: Split) -> None:
    first = make_page(7, "train", dpi=100)
    other = make_page(seed, split, dpi=100)
    assert first.truth != other.truth


def test_six_pages_of_ten_have_seals(pages: Sequence[BenchPage]) -> None:
    # 60 draws of a share of 0.6 have a standard deviation of 3.8: this is three of them.
    sealed = [page for page in pages if any(seal.label != "tax_mark" for seal in page.truth.seals)]
    assert 36 - 12 <= len(sealed) <= 36 + 12


def test_truth_has_the_size_of_the_image(pages: Sequence[BenchPage]) -> None:
    assert all(page.image.shape == (page.truth.height, page.truth.width, 3) for page in pages)


def test_boxes_lie_on_the_page_and_around_their_polygons(pages: Sequence[BenchPage]) -> None:
    for page in pages:
        for seal in page.truth.seals:
            xs, ys = zip(*seal.polygon, strict=True)
            assert seal.box == (min(xs), min(ys), max(xs), max(ys))
            assert min(xs) >= -NEARLY
            assert min(ys) >= -NEARLY
            assert max(xs) <= page.truth.width + NEARLY
            assert max(ys) <= page.truth.height + NEARLY


def test_cut_seals_are_those_of_which_a_part_is_missing(pages: Sequence[BenchPage]) -> None:
    seals = [seal for page in pages for seal in page.truth.seals if seal.label != "tax_mark"]
    assert any(seal.label == "cut" for seal in seals)
    for seal in seals:
        assert (seal.label == "cut") == (seal.visible < 0.98)
        assert (seal.label == "cut") == bool({"edge", "straddling"} & set(seal.position))


def test_distractors_stand_on_pages_with_and_without_seals(pages: Sequence[BenchPage]) -> None:
    having = {bool(page.truth.seals) for page in pages if page.truth.distractors}
    assert having == {True, False}


def test_every_seal_can_be_read_somewhere(pages: Sequence[BenchPage]) -> None:
    for page in pages:
        for seal in page.truth.seals:
            assert seal.texts
            assert all(text.text and text.role and text.char_px > 0 for text in seal.texts)


def test_truth_survives_json(pages: Sequence[BenchPage]) -> None:
    for page in pages:
        line = json.dumps({"file": "a.jpg", **page.truth.to_json()}, ensure_ascii=False)
        assert PageTruth.from_json(json.loads(line)) == page.truth


def test_truth_without_an_attribute_is_refused(pages: Sequence[BenchPage]) -> None:
    data = pages[0].truth.to_json()
    del data["dpi"]
    with pytest.raises(KeyError, match="dpi"):
        PageTruth.from_json(data)


@pytest.mark.parametrize("count", [2, 4])
def test_fragments_of_a_straddling_seal_make_it_whole(count: int) -> None:
    fragments = [page.truth.seals for page in make_straddling(5, "train", count)]
    straddling = [seal for seals in fragments for seal in seals if "straddling" in seal.position]
    assert len(straddling) == count
    assert len({seal.seal_id for seal in straddling}) == 1
    assert {seal.label for seal in straddling} == {"cut"}
    assert sum(seal.visible for seal in straddling) == pytest.approx(1, abs=NEARLY)
