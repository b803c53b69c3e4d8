"""Invented prose: what contracts, letters and tables say, without anything that anybody wrote."""

from __future__ import annotations

import numpy as np

from sealbench import names
from sealbench.chance import digits, happens, pick, weighted
from sealbench.fonts import Split
from sealbench.words import WORDS


def title(rng: np.random.Generator, kind: str) -> str:
    """Return a heading for a page of a kind."""
    return pick(rng, WORDS[f"titles_{kind}"])


def sentence(rng: np.random.Generator, split: Split) -> str:
    """Return a sentence of 15 to 60 characters."""
    parts = []
    for _ in range(int(rng.integers(1, 4))):
        when = pick(rng, WORDS["when"]) + "，" if happens(rng, 0.5) else ""
        parts.append(when + "".join(pick(rng, WORDS[part]) for part in ("who", "does", "what")))
    if happens(rng, 0.15):
        parts.append(f"总价为人民币{names.amount(rng)}元")
    if happens(rng, 0.1):
        parts.append(f"由{names.company(rng, split)}负责")
    return "，".join(parts) + "。"


def paragraph(rng: np.random.Generator, split: Split, sentences: int) -> str:
    """Return so many sentences."""
    return "".join(sentence(rng, split) for _ in range(sentences))


def label(rng: np.random.Generator) -> str:
    """Return what stands at the head of a field."""
    return pick(rng, WORDS["labels"])


def goods(rng: np.random.Generator) -> str:
    """Return what was bought."""
    return pick(rng, WORDS["goods"])


def value(rng: np.random.Generator, split: Split) -> str:
    """Return what stands in a field or a table's cell."""
    kind = weighted(rng, {"amount": 3, "count": 3, "goods": 3, "person": 1, "date": 1, "code": 1})
    if kind == "amount":
        return names.amount(rng)
    if kind == "count":
        return str(int(rng.integers(1, 500)))
    if kind == "goods":
        return goods(rng)
    if kind == "person":
        return names.person(rng, split)
    return names.date(rng) if kind == "date" else digits(rng, 8)
