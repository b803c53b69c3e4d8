"""Fits a probability to figures: a logistic function, then a rising table over its sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.calibration import PROMISED, RELIABLE, Curve

Vector = NDArray[np.float64]

#: Sums and shares of exact cases.
Table = tuple[tuple[float, float], ...]

#: Pull of the weights towards 0, in cases: features that say the same must not fight.
_PULL = 2.0
#: Newton's steps; they settle after half as many.
_STEPS = 25
#: Parts of the cases: each is judged by weights fitted to the others.
_FOLDS = 5
#: Cases of the smallest step of the table.
_LEAST_CASES = 25
#: Cases that are added to each step, one exact and one not: a hundred of a hundred is no certainty.
_DOUBT = 2.0
#: Score of cases for which that can't be promised, at most.
_JUST_BELOW = RELIABLE - 0.001
#: Least deviation by which a feature is divided: one that never varies says nothing.
_LEAST_DEVIATION = 1e-6


def fitted(vectors: Sequence[Sequence[float]], exact: Sequence[bool]) -> Curve:
    """Fit a curve.

    Args:
        vectors: (cases, features).
        exact: (cases,) whether each was right.
    """
    x, y = np.array(vectors, float), np.array(exact, float)
    weights, bias = _logistic(x, y)
    # Sums of cases that the weights were fitted to would look surer than those of new ones.
    sums = _sums_of_others(x, y)
    table = kept_promise(rising_table(sums, y), sums, y)
    return Curve(tuple(weights.tolist()), bias, table)


def rising_table(sums: Vector, exact: Vector) -> Table:
    """Return sums and shares of exact cases, both rising (pool adjacent violators).

    Args:
        sums: (cases,).
        exact: (cases,) 1 or 0.
    """
    order = np.argsort(sums, kind="stable")
    count = max(1, len(order) // _LEAST_CASES)
    blocks: list[tuple[float, float, float]] = []
    for part in np.array_split(order, count):
        blocks.append((float(sums[part].sum()), float(exact[part].sum()), float(len(part))))
        while len(blocks) > 1 and _share(blocks[-2]) >= _share(blocks[-1]):
            last = blocks.pop()
            blocks[-1] = tuple(a + b for a, b in zip(blocks[-1], last, strict=True))  # type: ignore[assignment]
    return tuple((total / cases, _share((total, hits, cases))) for total, hits, cases in blocks)


def kept_promise(table: Table, sums: Vector, exact: Vector) -> Table:
    """Lower a table so that of all cases with a score of `RELIABLE` or more enough are exact.

    A rising table alone promises as much as each score says, and that is 0.9 at 0.9.

    Args:
        table: As `rising_table` gave it.
        sums: (cases,).
        exact: (cases,) 1 or 0.
    """
    order = np.argsort(-sums, kind="stable")
    counts = np.arange(1, len(order) + 1)
    shares = (np.cumsum(exact[order]) + _DOUBT / 2) / (counts + _DOUBT)
    enough = np.flatnonzero(shares >= PROMISED)
    least = float(sums[order[enough[-1]]]) if len(enough) else np.inf
    below = [(at, min(share, _JUST_BELOW)) for at, share in table if at < least]
    above = [(at, share) for at, share in table if at >= least]
    rises = below and above and above[0][0] > least and above[0][1] > _JUST_BELOW
    turn = [(least, _JUST_BELOW)] if rises else []
    return (*below, *turn, *above)


def _share(block: tuple[float, float, float]) -> float:
    _, hits, cases = block
    return (hits + _DOUBT / 2) / (cases + _DOUBT)


def _sums_of_others(x: Vector, y: Vector) -> Vector:
    sums = np.zeros(len(y))
    fold = np.arange(len(y)) % _FOLDS
    for number in range(_FOLDS):
        weights, bias = _logistic(x[fold != number], y[fold != number])
        sums[fold == number] = x[fold == number] @ weights + bias
    return sums


def _logistic(x: Vector, y: Vector) -> tuple[Vector, float]:
    """Return the weights and bias of the likeliest logistic function (Newton's method)."""
    middle, spread = x.mean(axis=0), np.maximum(x.std(axis=0), _LEAST_DEVIATION)
    design = np.column_stack([(x - middle) / spread, np.ones(len(y))])
    pull = np.diag([_PULL] * x.shape[1] + [_PULL / 100])
    solution = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-design @ solution))
        slope = design.T @ (y - p) - pull @ solution
        curvature = (design * (p * (1 - p))[:, None]).T @ design + pull
        solution += np.linalg.solve(curvature, slope)
    weights = solution[:-1] / spread
    return weights, float(solution[-1] - weights @ middle)
