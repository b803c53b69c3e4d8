"""Whole seals of the bench's pages, each cut out as a locator would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sealbench.fonts import Split
from sealbench.pages import BenchPage, make_page
from sealbench.truth import Box, PageTruth, SealTruth

#: Part of every seed: crops share no randomness with the pages they come from.
_STREAM = 30

#: Share of a box's sides by which a locator is off, at most, at each of its four edges.
JITTER = 0.04


@dataclass(frozen=True)
class SealCrop:
    """A whole seal and what is around it.

    Attributes:
        image: (h, w, 3) BGR uint8.
        origin: x, y of the crop's first pixel on the page.
        truth: In the page's pixels.
        page: Where it stands.
    """

    image: NDArray[np.uint8]
    origin: tuple[int, int]
    truth: SealTruth
    page: PageTruth


def seal_crops(split: Split, count: int, *, first_seed: int = 0) -> Iterator[SealCrop]:
    """Yield whole seals of page after page; the same arguments give the same crops.

    Args:
        split: The two never share a font or a company.
        count: How many seals.
        first_seed: Seed of the first page.

    Raises:
        ModelError: The fonts can't be had.
    """
    seed = first_seed
    while count > 0:
        crops = list(crops_of(make_page(seed, split), seed))[:count]
        yield from crops
        count -= len(crops)
        seed += 1


def crops_of(page: BenchPage, seed: int) -> Iterator[SealCrop]:
    """Yield the whole seals of one page; the seed says by how much each box is off."""
    rng = np.random.default_rng([seed, _STREAM])
    for seal in page.truth.whole_seals:
        x1, y1, x2, y2 = _located(seal.box, page.image.shape, rng)
        yield SealCrop(page.image[y1:y2, x1:x2].copy(), (x1, y1), seal, page.truth)


def _located(
    box: Box, shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Return a box as a locator gives it: mostly a little too wide, seldom too narrow."""
    x1, y1, x2, y2 = box
    sides = np.array([x2 - x1, y2 - y1] * 2)
    off = rng.uniform(-JITTER / 4, JITTER, 4) * sides * np.array([-1, -1, 1, 1])
    moved = np.round(np.array(box) + off).astype(int)
    limit = np.array([shape[1], shape[0]] * 2)
    left, top, right, bottom = np.clip(moved, 0, limit).tolist()
    return left, top, right, bottom
