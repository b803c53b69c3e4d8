"""Strips on disk: drawn once by as many processes as are asked for, read many times."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from learning.pictures import Pixels, compressed, decoded, joined, parted, write_arrays
from recogniser.errors import CacheError
from recogniser.strips import Strip, strips_of
from sealbench.fonts import Split

#: Pages per shard.
SHARD_PAGES = 10


@dataclass(frozen=True)
class Cache:
    """Strips in memory, still compressed.

    Attributes:
        pictures: JPEG bytes, one array per strip.
        texts: What is to be read on them.
        roles: As in the truth; empty where nothing is to be read.
        widths: (n,) pixels.
    """

    pictures: tuple[Pixels, ...]
    texts: tuple[str, ...]
    roles: tuple[str, ...]
    widths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pictures)

    def strip(self, index: int) -> Strip:
        """Decode a strip."""
        return Strip(decoded(self.pictures[index]), self.texts[index], self.roles[index])


def build_cache(
    folder: Path, split: Split, pages: int, *, processes: int, fonts: Sequence[Path] = ()
) -> Cache:
    """Draw strips, unless they are there, and load them.

    Args:
        folder: Where shards lie.
        split: The two never share a font or a company.
        pages: How many, rounded up to whole shards; each gives some thirty strips.
        processes: How many draw at a time.
        fonts: More font files for Chinese texts; their names are part of the shards' names.

    Raises:
        CacheError: A shard was not written by this module.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = [_path(folder, split, fonts, first) for first in range(0, pages, SHARD_PAGES)]
    missing = [number for number, path in enumerate(shards) if not path.exists()]
    # Fresh processes: OpenCV's threads do not survive a fork.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        list(pool.map(partial(_write_shard, folder, split, fonts), missing))
    return _loaded(shards)


def _path(folder: Path, split: Split, fonts: Sequence[Path], first: int) -> Path:
    drawn_with = "+".join([split, *sorted(font.stem for font in fonts)])
    return folder / f"{drawn_with}-{first:06d}.npz"


def _write_shard(folder: Path, split: Split, fonts: Sequence[Path], number: int) -> None:
    cv2.setNumThreads(0)  # one process per core is enough
    first = number * SHARD_PAGES
    strips = [
        strip
        for seed in range(first, first + SHARD_PAGES)
        for strip in strips_of(seed, split, fonts)
    ]
    arrays = {
        **joined([compressed(strip.image) for strip in strips], "pictures"),
        "texts": np.array([strip.text for strip in strips]),
        "roles": np.array([strip.role for strip in strips]),
        "widths": np.array([strip.image.shape[1] for strip in strips]),
    }
    write_arrays(_path(folder, split, fonts, first), arrays)


def _loaded(shards: list[Path]) -> Cache:
    pictures: list[Pixels] = []
    texts: list[str] = []
    roles: list[str] = []
    widths: list[int] = []
    for path in shards:
        try:
            with np.load(path, allow_pickle=False) as shard:
                pictures += parted(shard, "pictures")
                texts += shard["texts"].tolist()
                roles += shard["roles"].tolist()
                widths += shard["widths"].tolist()
        except (OSError, KeyError, ValueError) as exc:
            raise CacheError(f"{path}: not a shard of strips ({exc}); remove it") from exc
    return Cache(tuple(pictures), tuple(texts), tuple(roles), np.array(widths))
