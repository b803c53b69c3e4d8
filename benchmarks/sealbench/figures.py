"""The figures of the bench: each says of how many it is."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
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


@dataclass(frozen=True)
class Mean:
    """The mean of so many values; None of none."""

    value: float | None
    of: int


def mean(values: Sequence[float]) -> Mean:
    """Return the mean of values."""
    return Mean(statistics.fmean(values) if values else None, len(values))


def as_json(node: Any) -> Any:
    """Return figures, and dataclasses and mappings of them, as JSON values."""
    if isinstance(node, Share):
        return {"value": as_json(node.value), "hits": node.hits, "of": node.of}
    if is_dataclass(node):
        return {field.name: as_json(getattr(node, field.name)) for field in fields(node)}
    if isinstance(node, Mapping):
        return {str(name): as_json(value) for name, value in node.items()}
    if isinstance(node, (tuple, list)):
        return [as_json(value) for value in node]
    return round(node, DECIMALS) if isinstance(node, float) else node
