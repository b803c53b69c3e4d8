"""Batches of strips of like width, as tensors, each strip in a new variant every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from learning.pictures import Pixels
from recogniser.alphabet import Alphabet
from recogniser.cache import Cache
from sealbench.chance import between, happens
from sealq_worker.careful.models import LEAST_WIDTH, LINE_HEIGHT

#: Strips of an epoch: some minutes on one core, so that a log line and a checkpoint come often.
EPOCH_STRIPS = 4096
#: How much oftener than others strips of these roles are learned from: there are few of them, and
#: their characters are the smallest.
WEIGHTS = {"number": 2.0, "code": 4.0}
#: Strips among which those of like width are put together.
_POOL = 512
#: Pixels of width of all strips of a batch together, once they are padded to the widest.
BATCH_WIDTH = 6400
#: Widest strip that is learned from.
_WIDEST = 1200


@dataclass(frozen=True)
class StripBatch:
    """Strips and what is to be read on them.

    Attributes:
        pictures: (n, 3, 48, w) float32 in -1..1, BGR, 0 behind a strip's end.
        texts: All texts' classes end to end, int64.
        lengths: (n,) int64, of each text.
    """

    pictures: Tensor
    texts: Tensor
    lengths: Tensor


class Batches(Dataset[StripBatch]):
    """The batches of an epoch; seed, epoch and number say what is in them."""

    def __init__(self, cache: Cache, alphabet: Alphabet, *, seed: int, epoch: int) -> None:
        self._cache = cache
        self._alphabet = alphabet
        self._key = (seed, epoch)
        self._groups = _groups(cache, np.random.default_rng([seed, epoch]))

    def __len__(self) -> int:
        return len(self._groups)

    def __getitem__(self, number: int) -> StripBatch:
        rng = np.random.default_rng((*self._key, number))
        strips = [self._cache.strip(index) for index in self._groups[number]]
        return batch_of(
            [varied(strip.image, rng) for strip in strips],
            [self._alphabet.classes(strip.text) or [] for strip in strips],
        )


def loader(cache: Cache, alphabet: Alphabet, *, seed: int, epoch: int) -> DataLoader[StripBatch]:
    """Return the batches of an epoch, made by a process of their own."""
    return DataLoader(
        Batches(cache, alphabet, seed=seed, epoch=epoch),
        batch_size=None,
        num_workers=1,
        prefetch_factor=8,
        worker_init_fn=_start_worker,
    )


def batch_of(images: Sequence[Pixels], texts: Sequence[Sequence[int]]) -> StripBatch:
    """Return strips as one batch, padded to the widest."""
    width = max(LEAST_WIDTH, *(image.shape[1] for image in images))
    pictures = np.zeros((len(images), 3, LINE_HEIGHT, width), np.float32)
    for picture, image in zip(pictures, images, strict=True):
        picture[:, :, : image.shape[1]] = image.transpose(2, 0, 1) / np.float32(127.5) - 1
    flat = [each for text in texts for each in text]
    lengths = torch.tensor([len(text) for text in texts])
    return StripBatch(torch.from_numpy(pictures), torch.tensor(flat, dtype=torch.long), lengths)


def varied(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a strip a little different: moved, stretched, brighter or darker, in more noise."""
    height, width = image.shape[:2]
    wide = max(24, round(width * between(rng, 0.9, 1.1)))
    scale = np.diag([wide / width, between(rng, 0.93, 1.07), 1.0])
    shift = between(rng, -2.5, 2.5) + height / 2 * (1 - scale[1, 1])
    lean = between(rng, -0.08, 0.08)
    matrix = np.array([(scale[0, 0], lean, -lean * height / 2), (0, scale[1, 1], shift)])
    moved = cv2.warpAffine(image, matrix, (wide, height), borderMode=cv2.BORDER_REPLICATE)
    drawn = moved.astype(np.float32) * between(rng, 0.85, 1.1) + between(rng, -20, 20)
    if happens(rng, 0.3):
        drawn += rng.normal(0, between(rng, 2, 10), drawn.shape).astype(np.float32)
    if happens(rng, 0.15):
        drawn = cv2.GaussianBlur(drawn, (0, 0), between(rng, 0.4, 1.0)).astype(np.float32)
    return np.clip(drawn, 0, 255).astype(np.uint8)


def groups_by_width(widths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of strips, those of like width together, fewer where they are wide.

    What a batch takes in memory and time goes by its width once it is padded.
    """
    order = np.argsort(widths, kind="stable")
    first = 0
    for end in range(1, len(order) + 1):
        wider = end < len(order) and max(LEAST_WIDTH, int(widths[order[end]]))
        if not wider or (end + 1 - first) * wider > BATCH_WIDTH:
            yield order[first:end]
            first = end


def drawn_lots(roles: Sequence[str], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the indices of strips in a random order, those of `WEIGHTS` earlier than others."""
    weights = np.array([WEIGHTS.get(role, 1.0) for role in roles])
    return np.argsort(rng.exponential(size=len(roles)) / weights)


def _groups(cache: Cache, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    lots = drawn_lots(cache.roles, rng)
    chosen = lots[cache.widths[lots] <= _WIDEST][:EPOCH_STRIPS]
    pools = (chosen[first : first + _POOL] for first in range(0, len(chosen), _POOL))
    groups = [pool[each] for pool in pools for each in groups_by_width(cache.widths[pool])]
    return [groups[index] for index in rng.permutation(len(groups))]


def _start_worker(_worker: int) -> None:
    cv2.setNumThreads(0)  # the training wants the other core
