"""What seals are for, compared: a purpose on a seal against those that a document takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import Indel

from sealq_audit.names import plain
from sealq_configs.purposes import Purpose

#: Number of a seal behind its purpose: 合同专用章(2).
_NUMBER = re.compile(r"[(\[][^()\[\]]{1,4}[)\]]$")
#: Likeness from which one text may be the other, misread: one wrong character of five.
NEAR = 0.8


@dataclass(frozen=True)
class PurposeComparer:
    """Knows purposes, and which of their spellings mean the same."""

    vocabulary: Sequence[Purpose]

    def key(self, text: str) -> str:
        """Return what of a purpose has to be equal: without its number, one for all spellings."""
        folded = plain(_NUMBER.sub("", unicodedata.normalize("NFKC", text).strip()))
        return self._names.get(folded, folded)

    def known(self, text: str) -> bool:
        """Whether a text is a purpose of the vocabulary."""
        return self.key(text) in self._names

    def nearest(self, text: str, purposes: Iterable[str]) -> float:
        """Return how alike a text and the nearest of these purposes are, 0 to 1."""
        key = self.key(text)
        alike = (Indel.normalized_similarity(key, self.key(each)) for each in purposes)
        return max(alike, default=0.0)

    def near_known(self, text: str) -> bool:
        """Whether a text is a purpose of the vocabulary, or one misread."""
        key = self.key(text)
        return any(Indel.normalized_similarity(key, name) >= NEAR for name in self._names)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Every spelling, folded, with the folded name."""
        return {
            plain(spelling): plain(purpose.name)
            for purpose in self.vocabulary
            for spelling in (purpose.name, *purpose.spellings)
        }
