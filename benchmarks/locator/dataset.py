"""Views with their targets, as PyTorch's loader takes them."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from locator.augment import augment, resized
from locator.cache import Cache
from locator.labels import INPUT_SIDE
from locator.losses import TargetBatch
from locator.targets import make_targets
from locator.views import View

#: A picture (3, s, s) uint8 RGB, and its targets.
Example = tuple[Tensor, TargetBatch]


class Views(Dataset[Example]):
    """Every view of a cache once, in a new variant each epoch.

    The variant depends on seed, epoch and index alone, so that a resumed run goes on as it would
    have.
    """

    def __init__(self, cache: Cache, *, seed: int, epoch: int) -> None:
        self._cache = cache
        self._key = (seed, epoch)

    def __len__(self) -> int:
        return len(self._cache)

    def __getitem__(self, index: int) -> Example:
        rng = np.random.default_rng((*self._key, index))
        return example_of(augment(self._cache.view(index), INPUT_SIDE, rng))


def loader(cache: Cache, *, seed: int, epoch: int, batch: int) -> DataLoader[Example]:
    """Return the batches of an epoch, in an order that seed and epoch decide."""
    order = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return DataLoader(
        Views(cache, seed=seed, epoch=epoch),
        batch_size=batch,
        shuffle=True,
        drop_last=True,
        generator=order,
        num_workers=1,
        prefetch_factor=8,
        worker_init_fn=_start_worker,
    )


def example_of(view: View) -> Example:
    """Return a view of the network's size as tensors, with its targets."""
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
