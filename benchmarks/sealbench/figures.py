"""The figures of the bench: each says of how many it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Decimals of figures in JSON.
DECIMALS = 4


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None

    def to_json(self) -> dict[str, Any]:
        """Return the share as JSON values."""
        return {"value": _rounded(self.value), "hits": self.hits, "of": self.of}


@dataclass(frozen=True)
class Mean:
    """The mean of so many values."""

    value: float | None
    of: int

    def to_json(self) -> dict[str, Any]:
        """Return the mean as JSON values."""
        return {"value": _rounded(self.value), "of": self.of}


def mean(values: Sequence[float]) -> Mean:
    """Return the mean of values, None of none."""
    return Mean(statistics.fmean(values) if values else None, len(values))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
