"""How probable it is that a text is exact, from what speaks for it.

A logistic function of a few figures, then a rising table that makes its result the share of such
texts that were exact. Both were fitted on the bench's training split (`sealbench.calibrate`) and
stand in `calibration.json`.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources
from operator import mul
from typing import Any

from sealq_storage.readings import FieldName

#: Below it a text is `unreadable`: it is wrong more often than twice in three times.
FLOOR = 0.3

#: Least share that the evidence leaves of 1, per character: less is certainty.
_LEAST_DOUBT = 1e-4

#: Score from which on a text is to be relied on, and the share of such texts that must be exact.
RELIABLE, PROMISED = 0.9, 0.98


@dataclass(frozen=True)
class Features:
    """What speaks for a text. All logarithms are natural, and at most 0.

    Attributes:
        worst: Logarithm of its least sure character's probability.
        mean: Mean logarithm of its characters' probabilities.
        evidence: Logarithm of its probability over all candidates, per character.
        share: Logarithm of its share of the belief in all texts weighed.
        rest: Logarithm of the share that is left to the others; the lower, the surer.
        agreement: Share of the candidates that read just this.
        looks: Logarithm of one more than the number of candidates.
        length: Logarithm of its number of characters.
        known: 1 where it is what such texts are: it names somebody and ends as names do, is in the
            vocabulary, has its check digits; else 0.
        chinese: Share of its characters that are Chinese.
        fit: Share of the seal's outline that was found.
        uneven: By how many characters the middle of a name on a ring is off the seal's top.
    """

    worst: float
    mean: float
    evidence: float
    share: float
    rest: float
    agreement: float
    looks: float
    length: float
    known: float
    chinese: float
    fit: float
    uneven: float = 0.0

    def vector(self) -> tuple[float, ...]:
        """Return the figures in the order in which they stand above, and the evidence's doubt.

        That is the logarithm of what the evidence leaves of 1. The evidence itself hardly tells one
        wrong text of a hundred from one of two.
        """
        doubt = math.log(max(_LEAST_DOUBT, -math.expm1(min(0.0, self.evidence))))
        return (*asdict(self).values(), doubt)


@dataclass(frozen=True)
class Curve:
    """What was fitted for one field.

    Attributes:
        weights: One for each figure of a vector of features.
        bias: Added to their weighted sum.
        table: Sums and shares of exact texts, both rising; between them lies a straight line.
    """

    weights: tuple[float, ...]
    bias: float
    table: tuple[tuple[float, float], ...]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Curve:
        """Rebuild a curve from `asdict`."""
        table = tuple((float(at), float(share)) for at, share in data["table"])
        return cls(tuple(map(float, data["weights"])), float(data["bias"]), table)

    def sum(self, vector: Sequence[float]) -> float:
        """Return the weighted sum of features."""
        return float(self.bias + sum(map(mul, self.weights, vector)))

    def probability(self, vector: Sequence[float]) -> float:
        """Return how probable it is that a text with these features is exact."""
        return interpolated(self.table, self.sum(vector))


def probability(name: FieldName, features: Features) -> float:
    """Return how probable it is that a field's text is exact, 0 to 1."""
    return curves()[name].probability(features.vector())


@lru_cache(maxsize=1)
def curves() -> dict[str, Curve]:
    """Return what was fitted for each field."""
    file = resources.files("sealq_worker.careful").joinpath("calibration.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    return {name: Curve.from_json(curve) for name, curve in data.items()}


def interpolated(table: Sequence[tuple[float, float]], at: float) -> float:
    """Return a table's value at a point: beyond its ends that of the end."""
    right = bisect_right(table, at, key=lambda knot: knot[0])
    if right in {0, len(table)}:
        return table[min(right, len(table) - 1)][1]
    (x1, y1), (x2, y2) = table[right - 1], table[right]
    return y1 + (y2 - y1) * (at - x1) / (x2 - x1)
