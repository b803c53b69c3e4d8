"""Names on seals against names that are expected: equal, nearly, or another company's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import Indel

#: Characters of a name from which it may be read from any start: a short one turned round is soon
#: another name.
RING_CHARACTERS = 6
#: Characters that a fragment has at least: less stands in many names.
FRAGMENT_CHARACTERS = 2
#: Similarity of names that differ in nothing but characters that are taken for one another.
_ONLY_CONFUSABLE = 0.99


def plain(text: str, alike: Mapping[int, str] | None = None) -> str:
    """Return a text without what writers and fonts do to it: width, case, spaces, punctuation.

    Args:
        text: Any.
        alike: Characters that are replaced first, as `str.translate` takes them.
    """
    wide = unicodedata.normalize("NFKC", text).upper().translate(alike or {})
    return "".join(character for character in wide if character.isalnum())


@dataclass(frozen=True)
class NameComparer:
    """Compares names as rings: a seal's name may be read from any start.

    Attributes:
        same_glyphs: Groups of characters that nobody can tell apart: they count as one.
        confusable: Groups that readers take for one another: they count as one in the
            similarity alone, since forged names differ by just these.
        legal_forms: What so many names end in that it says nothing about likeness.
    """

    same_glyphs: Sequence[str]
    confusable: Sequence[str]
    legal_forms: Sequence[str]

    def normalised(self, name: str) -> str:
        """Return what of a name has to be equal."""
        return plain(name, self._glyphs)

    def same(self, read: str, expected: str) -> bool:
        """Whether a reading is the expected name, from whatever start."""
        read, expected = self.normalised(read), self.normalised(expected)
        if len(read) >= RING_CHARACTERS:
            return len(read) == len(expected) and read in expected * 2
        return bool(read) and read == expected

    def similarity(self, read: str, expected: str) -> float:
        """Return how alike two names are, 0 to 1; 1 only where they are the same.

        Dropped characters count half of what wrong ones do. Where both names state a legal form, it
        can't make two companies alike: the rest of the names has to be as similar.
        """
        if self.same(read, expected):
            return 1.0
        read, expected = self._folded(read), self._folded(expected)
        alike = min(_ring_similarity(read, expected), self._core_similarity(read, expected))
        return min(alike, _ONLY_CONFUSABLE)

    def fragment(self, read: str, expected: str) -> bool:
        """Whether a reading, its legal form aside, is a run of the expected name from any start."""
        read, expected = self._core(self._folded(read)), self._folded(expected)
        return FRAGMENT_CHARACTERS <= len(read) < len(expected) and read in expected * 2

    def says_little(self, read: str) -> bool:
        """Whether a reading is hardly more than a legal form, as all companies have it."""
        return len(self.core(read)) < FRAGMENT_CHARACTERS

    def core(self, name: str) -> str:
        """Return a name, normalised, without its legal form."""
        return self._core(self.normalised(name))

    @cached_property
    def _glyphs(self) -> dict[int, str]:
        return _to_first(self.same_glyphs)

    @cached_property
    def _confusable(self) -> dict[int, str]:
        return _to_first(self.confusable)

    def _folded(self, name: str) -> str:
        return self.normalised(name).translate(self._confusable)

    def _core_similarity(self, read: str, expected: str) -> float:
        cores = self._core(read), self._core(expected)
        # A form that was misread is no form: the whole names then say how alike they are.
        stated = cores[0] != read and cores[1] != expected
        return _ring_similarity(*cores) if stated else 1.0

    def _core(self, name: str) -> str:
        """Return a normalised name without its legal form, wherever in the ring that stands."""
        ring = name * 2
        for form in sorted(self.legal_forms, key=len, reverse=True):
            at = ring.find(form)
            if len(form) <= len(name) and 0 <= at < len(name):
                return ring[at + len(form) : at + len(name)]
        return name


def distinct(names: Iterable[str], comparer: NameComparer, alike: float) -> list[str]:
    """Return the names of which no two are as alike as this: surely so many companies."""
    kept: list[str] = []
    for name in names:
        if all(_either_way(name, other, comparer) < alike for other in kept):
            kept.append(name)
    return kept


def _either_way(one: str, other: str, comparer: NameComparer) -> float:
    return max(comparer.similarity(one, other), comparer.similarity(other, one))


def _ring_similarity(read: str, expected: str) -> float:
    """Return the similarity of the rotation that fits best, 0 to 1; 0 where one says nothing."""
    if not read or not expected:
        return 0.0
    return max(Indel.normalized_similarity(turned, expected) for turned in _rotations(read))


def _rotations(name: str) -> Iterator[str]:
    return (name[start:] + name[:start] for start in range(len(name)))


def _to_first(groups: Iterable[str]) -> dict[int, str]:
    return {ord(each): group[0] for group in groups for each in group[1:]}
