"""Draws from seeded randomness, with Python's own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """Return one of the options, each as likely."""
    return options[int(rng.integers(len(options)))]


def weighted(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """Return one of the keys, as likely as its weight says."""
    bounds = np.cumsum(list(weights.values()))
    index = int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))
    return list(weights)[index]


def drawn(rng: np.random.Generator, weights: Mapping[T, float], *, for_training: bool) -> T:
    """Return one of the keys; for training the rare ones come more often than in an archive.

    Square roots of the weights keep their order: what is rare stays rarer, but is practised.
    """
    if for_training:
        weights = {key: weight**0.5 for key, weight in weights.items()}
    return weighted(rng, weights)


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Return True in that share of all calls."""
    return bool(rng.random() < probability)


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number of [low, high), each as likely."""
    return float(rng.uniform(low, high))


def digits(rng: np.random.Generator, count: int) -> str:
    """Return a number of so many digits that does not begin with 0."""
    return str(int(rng.integers(1, 10))) + "".join(str(d) for d in rng.integers(0, 10, count - 1))
