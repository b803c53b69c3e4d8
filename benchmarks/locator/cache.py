"""Training views on disk: drawn once by as many processes as are asked for, read many times.

A cache is a folder of shards. A shard holds the views of a fixed run of seeds, so that a build that
was cut short goes on where it stopped.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from learning.pictures import Pixels, compressed, decoded, joined, parted, write_arrays
from locator.errors import CacheError
from locator.views import Floats, Ints, View, views_of
from sealbench.pages import make_page

#: Pages per shard.
SHARD_PAGES = 50


@dataclass(frozen=True)
class Cache:
    """Views in memory, still compressed.

    Attributes:
        pictures: JPEG bytes, one array per view.
        boxes: (n, 4) float32 per view.
        labels: (n,) int64 per view.
    """

    pictures: tuple[Pixels, ...]
    boxes: tuple[Floats, ...]
    labels: tuple[Ints, ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def view(self, index: int) -> View:
        """Decode a view."""
        return View(decoded(self.pictures[index]), self.boxes[index], self.labels[index])


def build_cache(folder: Path, pages: range, *, processes: int) -> None:
    """Draw training pages and store their views, unless they are there.

    Args:
        folder: Where shards lie.
        pages: Seeds.
        processes: How many draw at a time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [shard for shard in _shards(pages) if not _path(folder, shard).exists()]
    # Fresh processes: OpenCV's threads do not survive a fork.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        list(pool.map(partial(_write_shard, folder), missing))


def load_cache(folder: Path, pages: range) -> Cache:
    """Load what `build_cache` stored.

    Raises:
        CacheError: A shard is missing or was not written by this module.
    """
    pictures: list[Pixels] = []
    boxes: list[Floats] = []
    labels: list[Ints] = []
    for shard in _shards(pages):
        _read_shard(_path(folder, shard), pictures, boxes, labels)
    return Cache(tuple(pictures), tuple(boxes), tuple(labels))


def _shards(pages: range) -> list[range]:
    return [pages[first : first + SHARD_PAGES] for first in range(0, len(pages), SHARD_PAGES)]


def _path(folder: Path, shard: range) -> Path:
    return folder / f"train-{shard.start:08d}-{shard.stop:08d}.npz"


def _write_shard(folder: Path, shard: range) -> None:
    cv2.setNumThreads(0)  # one process per core is enough
    views = [view for seed in shard for view in _views_of_seed(seed)]
    arrays = {
        **joined([compressed(view.image) for view in views], "pictures"),
        **joined([view.boxes for view in views], "boxes"),
        **joined([view.labels for view in views], "labels"),
    }
    write_arrays(_path(folder, shard), arrays)


def _views_of_seed(seed: int) -> list[View]:
    return list(views_of(make_page(seed, "train"), np.random.default_rng(seed)))


def _read_shard(
    path: Path, pictures: list[Pixels], boxes: list[Floats], labels: list[Ints]
) -> None:
    try:
        with np.load(path, allow_pickle=False) as shard:
            pictures += parted(shard, "pictures")
            boxes += parted(shard, "boxes")
            labels += parted(shard, "labels")
    except (OSError, KeyError, ValueError) as exc:
        raise CacheError(f"{path}: not a shard of views ({exc}); remove it and run again") from exc
