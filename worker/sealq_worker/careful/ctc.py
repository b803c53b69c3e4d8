"""How probable a text is by what is known of each step along a line.

A step gives a character or a blank, each with its probability (connectionist temporal
classification, CTC): many alignments make the same text, and their probabilities add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: From some characters, each once, to (steps, 1 + characters): how probable the blank and each of
#: them is at each step; none below `FLOOR`.
Columns = Callable[[str], NDArray[np.float64]]

#: Least probability at a step: one bad step must not rule a whole word out.
FLOOR = 1e-7


def log_probabilities(columns: Columns, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return how probable each text is: the sum over all alignments, as a logarithm.

    Args:
        columns: Of a line.
        texts: At least one; none is empty.

    Returns:
        (texts,) natural logarithms.
    """
    symbols, letters = lettered(tuple(texts))
    states = np.zeros((len(texts), 2 * letters.shape[1] + 1), np.int64)
    states[:, 1::2] = letters
    return _forward(columns(symbols), states, (letters > 0).sum(axis=1))


def log_bounds(columns: Columns, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return how probable the characters of each text are, wherever they stand.

    Each counts with its best step. Good enough to choose a few of a thousand texts for
    `log_probabilities`.

    Args:
        columns: Of a line.
        texts: At least one; none is empty.

    Returns:
        (texts,) natural logarithms.
    """
    symbols, letters = lettered(tuple(texts))
    best = np.log(columns(symbols).max(axis=0))
    best[0] = 0.0
    bounds: NDArray[np.float64] = best[letters].sum(axis=1)
    return bounds


@lru_cache(maxsize=4)
def lettered(texts: tuple[str, ...]) -> tuple[str, NDArray[np.int64]]:
    """Return the characters of texts, and (texts, longest) which they are: from 1, padded by 0."""
    symbols = "".join(sorted(set("".join(texts))))
    number = {symbol: index for index, symbol in enumerate(symbols, start=1)}
    letters = np.zeros((len(texts), max(map(len, texts))), np.int64)
    for row, text in enumerate(texts):
        letters[row, : len(text)] = [number[char] for char in text]
    return symbols, letters


def _forward(
    steps: NDArray[np.float64], states: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sum over alignments, step by step, for all texts at once.

    Args:
        steps: (steps, symbols), probabilities, the blank's first.
        states: (texts, states): blank, character, blank, ...; padded by blanks.
        lengths: (texts,) characters.
    """
    skips = np.zeros(states.shape, bool)
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    at = np.zeros(states.shape)
    at[:, :2] = steps[0][states[:, :2]]
    total = np.zeros(len(states))
    for row in steps[1:]:
        at = _advanced(at, skips) * row[states]
        # Products of a hundred probabilities would leave the range of floating point numbers.
        scale = at.sum(axis=1, keepdims=True)
        at /= scale
        total += np.log(scale[:, 0])
    rows = np.arange(len(states))
    ends = at[rows, 2 * lengths] + at[rows, 2 * lengths - 1]
    total += np.log(np.maximum(ends, np.finfo(float).tiny))
    return total


def _advanced(at: NDArray[np.float64], skips: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the weight that reaches each state: from itself, the one before, or over a blank."""
    moved = at.copy()
    moved[:, 1:] += at[:, :-1]
    moved[:, 2:] += np.where(skips[:, 2:], at[:, :-2], 0.0)
    return moved
