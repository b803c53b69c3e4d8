"""Is a text of a seal among the lines that were read? Width and spaces do not count."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from rapidfuzz.distance import Levenshtein

#: Similarity from which a text counts as nearly read: one wrong character of five.
NEAR = 0.8


def normalised(text: str) -> str:
    """Return a text with full-width forms made plain (NFKC) and all spaces taken out."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def likeness(text: str, lines: Iterable[str]) -> float:
    """Return how near the best line comes to a text.

    Returns:
        1 less the edit distance over the longer length: 1.0 for the same text, 0.0 for no line.
    """
    wanted = normalised(text)
    return max(
        (Levenshtein.normalized_similarity(wanted, normalised(line)) for line in lines), default=0.0
    )
