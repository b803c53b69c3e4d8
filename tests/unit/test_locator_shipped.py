"""The locator that sealq ships, as PaddleX's layout module runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import sealq_configs
from locator.compare import paddlex_finder, paddlex_module
from locator.contract import LABELS
from sealbench.match import SEAL, Found, iou
from sealbench.pages import BenchPage, make_page
from sealq_worker.second_look import LookAgain

MODEL = Path(sealq_configs.__file__).parent / "models" / "seal_locator"

Finder = Callable[[Any], tuple[Found, ...]]


@pytest.fixture(scope="module")
def find() -> Finder:
    return paddlex_finder(MODEL)


@pytest.fixture(scope="module")
def page() -> BenchPage:
    """The first held-out page with one seal, whole, on white paper, scanned."""
    pages = (make_page(seed, "held_out") for seed in range(2_000_000, 2_000_500))
    return next(
        page
        for page in pages
        if [seal.label for seal in page.truth.seals] == ["seal"]
        and (page.truth.capture, page.truth.paper) == ("scan", "white")
        and page.truth.seals[0].shape == "round"
    )


def test_a_seal_on_a_page_is_found_where_it_is(find: Finder, page: BenchPage) -> None:
    (found,) = find(page.image)
    assert found.label == SEAL
    assert iou(found.box, page.truth.seals[0].box) > 0.8


def test_a_picture_of_nothing_but_a_seal_gives_one_box_at_the_second_look(page: BenchPage) -> None:
    x1, y1, x2, y2 = (round(value) for value in page.truth.seals[0].box)
    crop = np.ascontiguousarray(page.image[y1:y2, x1:x2])
    (result,) = LookAgain(paddlex_module(MODEL))([crop])
    (found,) = result["boxes"]
    assert found["label"] == SEAL
    assert iou(tuple(found["coordinate"]), (0, 0, x2 - x1, y2 - y1)) > 0.8


def test_it_has_the_labels_that_sealq_knows() -> None:
    configuration = yaml.safe_load((MODEL / "inference.yml").read_text(encoding="utf-8"))
    assert configuration["label_list"] == list(LABELS)


def test_it_is_small_enough_to_be_part_of_the_package() -> None:
    assert (MODEL / "inference.onnx").stat().st_size <= 4_000_000


def test_an_empty_page_gives_no_box(find: Finder) -> None:
    assert find(np.full((1754, 1240, 3), 250, np.uint8)) == ()
