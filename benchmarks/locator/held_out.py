"""The few held-out pages that a training run is watched by, and how it does on them.

The bench proper goes through sealq's own reader. This is its quick relative: the network's maps are
decoded in PyTorch, on pages that were squashed once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from learning.pictures import Pixels, compressed, decoded, joined, parted, write_arrays
from locator.contract import INPUT_SIDE, LABELS, THRESHOLDS
from locator.dataset import page_example
from locator.decode import decode
from locator.network import Locator, as_input
from locator.views import View, page_view
from sealbench.match import Found
from sealbench.metrics import Quality, measure
from sealbench.outcome import PageOutcome
from sealbench.pages import make_page
from sealbench.truth import PageTruth

#: Seeds of the pages.
SEEDS = range(200)

#: Pages that the network looks at together.
BATCH = 20


@dataclass(frozen=True)
class HeldOutPage:
    """A page as the network sees it, (3, s, s) uint8 RGB, and what is on it."""

    picture: Tensor
    truth: PageTruth


def held_out_pages(folder: Path, *, processes: int) -> list[HeldOutPage]:
    """Return the held-out pages; they are drawn once and kept in a folder."""
    path = folder / f"held_out-{len(SEEDS)}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            drawn = list(pool.map(_draw, SEEDS, chunksize=10))
        pictures, truths = zip(*drawn, strict=True)
        write_arrays(path, {**joined(pictures, "pictures"), "truths": np.array(truths)})
    with np.load(path) as stored:
        return list(map(_page, parted(stored, "pictures"), stored["truths"]))


def judge_network(network: Locator, pages: Sequence[HeldOutPage]) -> Quality:
    """Measure how well a network finds the seals of pages."""
    network.eval()
    outcomes: list[PageOutcome] = []
    for start in range(0, len(pages), BATCH):
        outcomes += _outcomes(network, pages[start : start + BATCH])
    return measure(outcomes)


def found_on(
    classes: Tensor, scores: Tensor, boxes: Tensor, scale: tuple[float, float]
) -> Iterator[Found]:
    """Yield the boxes that count, scaled (x, y) to the page; arguments are one row of `decode`."""
    stretch = torch.tensor([*scale, *scale])
    for label, score, box in zip(classes.tolist(), scores.tolist(), boxes.cpu(), strict=True):
        if score > THRESHOLDS[int(label)]:
            x1, y1, x2, y2 = (box * stretch).tolist()
            yield Found(LABELS[int(label)], (x1, y1, x2, y2), score)


def _draw(seed: int) -> tuple[Pixels, str]:
    cv2.setNumThreads(0)
    page = make_page(seed, "held_out")
    return compressed(page_view(page).image), json.dumps(page.truth.to_json())


def _page(picture: Pixels, truth: str) -> HeldOutPage:
    none = View(decoded(picture), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    return HeldOutPage(page_example(none), PageTruth.from_json(json.loads(truth)))


def _outcomes(network: Locator, pages: Sequence[HeldOutPage]) -> Iterator[PageOutcome]:
    device = next(network.parameters()).device
    pictures = torch.stack([page.picture for page in pages]).to(device)
    with torch.inference_mode():
        rows = zip(*decode(network(as_input(pictures))), strict=True)
    for number, (page, (classes, scores, boxes)) in enumerate(zip(pages, rows, strict=True), 1):
        scale = (page.truth.width / INPUT_SIDE, page.truth.height / INPUT_SIDE)
        found = tuple(found_on(classes, scores, boxes, scale))
        yield PageOutcome("", number, "array", page.truth, found, {})
