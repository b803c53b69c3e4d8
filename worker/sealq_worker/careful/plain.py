"""Texts in the one form in which they are compared and reported."""

from __future__ import annotations

import unicodedata


def normalised(text: str) -> str:
    """Return a text with full-width forms made plain (NFKC) and without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())
