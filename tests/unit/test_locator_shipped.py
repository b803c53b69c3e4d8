"""The locator that sealq ships, as PaddleX's layout module runs it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import yaml

import sealq_configs
from locator.contract import INPUT_SIDE, LABELS
from sealbench.match import SEAL, Found, iou
from sealbench.pages import BenchPage, make_page

MODEL = Path(sealq_configs.__file__).parent / "models" / "seal_locator"

#: Seconds that a page may take on one CPU core, beyond its resize.
LONGEST = 0.015

Finder = Callable[[Any], tuple[Found, ...]]


@pytest.fixture(scope="module", autouse=True)
def _is_ours() -> None:
    configuration = yaml.safe_load((MODEL / "inference.yml").read_text(encoding="utf-8"))
    if configuration["label_list"] != list(LABELS):
        pytest.skip("the locator in configs/ is not one that locator.train made")


@pytest.fixture(scope="module")
def find() -> Finder:
    from locator.compare import paddlex_finder

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


def test_a_picture_of_nothing_but_a_seal_gives_one_box(find: Finder, page: BenchPage) -> None:
    x1, y1, x2, y2 = (round(value) for value in page.truth.seals[0].box)
    crop = np.ascontiguousarray(page.image[y1:y2, x1:x2])
    (found,) = find(crop)
    assert found.label == SEAL
    assert iou(found.box, (0, 0, x2 - x1, y2 - y1)) > 0.8


def test_an_empty_page_gives_no_box(find: Finder) -> None:
    assert find(np.full((1754, 1240, 3), 250, np.uint8)) == ()


def test_a_page_takes_little_time_on_one_core() -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(MODEL / "inference.onnx", options)
    page = np.zeros((1, 3, INPUT_SIDE, INPUT_SIDE), np.float32)
    seconds = []
    for _ in range(20):
        started = time.process_time()  # of this process: a busy machine changes little
        session.run(None, {"image": page, "scale_factor": np.ones((1, 2), np.float32)})
        seconds.append(time.process_time() - started)
    assert min(seconds) < LONGEST
