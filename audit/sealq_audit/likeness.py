"""How alike a text is to one that is looked for, wherever in it that stands."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from sealq_audit.extras import needs_extra

#: Characters by which a ring's text may be longer or shorter than the one that is looked for and
#: still be the same, read from another start.
_RING_SLACK = 2


def likeness(needle: str, text: str) -> float:
    """Return how alike a text, or the part of it that fits best, is to a needle: 0 to 1.

    A wrong character in a needle of n costs 1 / n. A text of about the needle's length may begin
    anywhere in it, as the names in rings are read.

    Args:
        needle: As `search.searchable` gives it, like the text.
        text: What a seal says.

    Raises:
        MissingExtraError: The library that weighs texts is missing.
    """
    fuzz = _fuzz()
    if abs(len(text) - len(needle)) <= _RING_SLACK:
        ring: float = fuzz.partial_ratio(needle, 2 * text)
        return ring / 100
    best: float = (fuzz.ratio if len(text) < len(needle) else fuzz.partial_ratio)(needle, text)
    return best / 100


@cache
def _fuzz() -> ModuleType:
    with needs_extra("audit", "Comparing texts"):
        from rapidfuzz import fuzz
    return fuzz
