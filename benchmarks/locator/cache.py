"""Training views on disk: drawn once by as many processes as are asked for, read many times.

A cache is a folder of shards. A shard holds the views of a fixed run of seeds, so that a build that
was cut short goes on where it stopped.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from learning.pictures import Pixels, compressed, decoded, joined, parted, write_arrays
from locator.errors import CacheError
from locator.views import DrawnView, Floats, Ints, View, views_of
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
        rare: Kinds of what is rare that each view shows.
    """

    pictures: tuple[Pixels, ...]
    boxes: tuple[Floats, ...]
    labels: tuple[Ints, ...]
    rare: tuple[int, ...]

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
    columns = zip(*(_read_shard(_path(folder, shard)) for shard in _shards(pages)), strict=True)
    return Cache(*(tuple(chain.from_iterable(column)) for column in columns))


def _shards(pages: range) -> list[range]:
    return [pages[first : first + SHARD_PAGES] for first in range(0, len(pages), SHARD_PAGES)]


def _path(folder: Path, shard: range) -> Path:
    return folder / f"train-{shard.start:08d}-{shard.stop:08d}.npz"


def _write_shard(folder: Path, shard: range) -> None:
    cv2.setNumThreads(0)  # one process per core is enough
    drawn = [view for seed in shard for view in _views_of_seed(seed)]
    arrays = {
        **joined([compressed(view.image) for view, _ in drawn], "pictures"),
        **joined([view.boxes for view, _ in drawn], "boxes"),
        **joined([view.labels for view, _ in drawn], "labels"),
        "rare": np.array([rare for _, rare in drawn]),
    }
    write_arrays(_path(folder, shard), arrays)


def _views_of_seed(seed: int) -> list[DrawnView]:
    return list(views_of(make_page(seed, "train"), np.random.default_rng(seed)))


def _read_shard(path: Path) -> tuple[list[Pixels], list[Floats], list[Ints], list[int]]:
    try:
        with np.load(path, allow_pickle=False) as shard:
            pictures, boxes, labels = (
                parted(shard, name) for name in ("pictures", "boxes", "labels")
            )
            return pictures, boxes, labels, shard["rare"].tolist()
    except (OSError, KeyError, ValueError) as exc:
        raise CacheError(f"{path}: not a shard of views ({exc}); remove it and run again") from exc
