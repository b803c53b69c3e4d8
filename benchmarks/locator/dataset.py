"""Views with their targets, as PyTorch's loader takes them."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

from locator.augment import augment, resized
from locator.cache import Cache
from locator.contract import INPUT_SIDE
from locator.losses import TargetBatch
from locator.targets import make_targets
from locator.views import View

#: Views of an epoch: a few minutes on two cores, so that a log line and a checkpoint come often.
EPOCH_VIEWS = 4096

#: A picture (3, s, s) uint8 RGB, and its targets.
Example = tuple[Tensor, TargetBatch]


class Views(Dataset[Example]):
    """The views of a cache, each in a new variant every epoch.

    The variant depends on seed, epoch and index alone, so that a resumed run goes on as it would
    have.
    """

    def __init__(self, cache: Cache, *, seed: int, epoch: int, side: int) -> None:
        self._cache = cache
        self._side = side
        self._key = (seed, epoch)

    def __len__(self) -> int:
        return len(self._cache)

    def __getitem__(self, index: int) -> Example:
        rng = np.random.default_rng((*self._key, index))
        return example_of(augment(self._cache.view(index), self._side, rng))


def loader(cache: Cache, *, seed: int, epoch: int, side: int, batch: int) -> DataLoader[Example]:
    """Return the batches of an epoch: views that seed and epoch choose, none of them twice.

    One that shows a kind of what is rare comes twice as often as one that shows none; with two
    kinds, three times, and so on.
    """
    chance = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    count = min(EPOCH_VIEWS, len(cache))
    return DataLoader(
        Views(cache, seed=seed, epoch=epoch, side=side),
        batch_size=batch,
        sampler=WeightedRandomSampler(
            [1.0 + rare for rare in cache.rare], count, replacement=False, generator=chance
        ),
        drop_last=True,
        num_workers=1,
        prefetch_factor=8,
        worker_init_fn=_start_worker,
    )


def example_of(view: View) -> Example:
    """Return a square view as tensors, with its targets."""
    targets = make_targets(view.boxes, view.labels, view.image.shape[0])
    return picture_of(view), TargetBatch(*map(torch.from_numpy, targets))


def page_example(view: View) -> Tensor:
    """Return a stored view as the network sees it in use: (3, s, s) uint8 RGB."""
    return picture_of(resized(view, INPUT_SIDE))


def picture_of(view: View) -> Tensor:
    """Return a view's pixels as (3, h, w) uint8 RGB."""
    return torch.from_numpy(np.ascontiguousarray(view.image[..., ::-1].transpose(2, 0, 1)))


def _start_worker(_worker: int) -> None:
    cv2.setNumThreads(0)  # the training wants the other core
