"""Which purpose of the vocabulary a seal states, where the recogniser's probabilities allow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import punctuation

import numpy as np
from numpy.typing import NDArray

from sealq_configs.purposes import Purpose
from sealq_worker.careful.ctc import log_bounds
from sealq_worker.careful.looks import look_of
from sealq_worker.careful.name_words import distance
from sealq_worker.careful.observation import Candidate
from sealq_worker.careful.plain import normalised
from sealq_worker.careful.weighing import Weighed, readings, weigh

#: Natural logarithm of how much likelier one word of the vocabulary is than one text outside of
#: it. One overlooked character is outweighed, and several that were read with doubt; two overlooked
#: ones are not, and no two that were clearly read.
KNOWN_PRIOR = 12.0

#: Words that are weighed in full: those of which every character shows somewhere.
_WEIGHED = 12

#: Characters of a word that some candidate must have read: from one alone any may be guessed.
_LEAST_READ = 2

#: Characters of the shortest text that a word may be proposed for, and how many of them there must
#: be for each that differs: one in a short text, four in AUTHORIZED SIGNATURE.
_SHORTEST, _FOR_EACH = 3, 4

#: What frames, rules and dirt are read as beside a text.
_DIRT = punctuation + "一丨、。·—…"

#: How numbered seals end.
_NUMBERS = tuple(f"({number})" for number in (*range(1, 21), *"一二三四五六七八九十"))


@dataclass(frozen=True)
class Stated:
    """What a text states.

    Attributes:
        name: The purpose as it is reported, its number included; as read where it is not known.
        known: It is of the vocabulary.
        proposed: Nobody read it as it is: of all known purposes it alone is near what was read.
        best: What was read, in the seal's spelling.
        weighed: All that it was weighed against, itself first.
    """

    name: str
    known: bool
    proposed: bool
    best: Weighed
    weighed: tuple[Weighed, ...]


@dataclass(frozen=True, eq=False)
class Spellings:
    """All ways of writing the known purposes.

    Attributes:
        names: Each, normalised, and the purpose as it is reported.
        words: The same, in the order of what follows.
        lengths: (words,) characters of each.
        distinct: (words,) how many different ones.
        holds: For each character (words,) bool: which words have it.
    """

    names: Mapping[str, str]
    words: tuple[str, ...]
    lengths: NDArray[np.int64]
    distinct: NDArray[np.int64]
    holds: Mapping[str, NDArray[np.bool_]]

    @classmethod
    def of(cls, names: Mapping[str, str]) -> Spellings:
        """Return what is known of these spellings."""
        words = tuple(names)
        letters = [{*word} for word in words]
        holds = {char: np.array([char in each for each in letters]) for char in {*"".join(words)}}
        lengths = np.array([len(word) for word in words], np.int64)
        distinct = np.array([len(each) for each in letters], np.int64)
        return cls(names, words, lengths, distinct, holds)

    def divide(self, text: str) -> tuple[str, str | None]:
        """Part a text that ends in a purpose; see `divided`."""
        for first in range(1, len(text)):
            if text[first:] in self.names:
                return text[:first], self.names[text[first:]]
        return text, None

    def shared(self, text: str) -> NDArray[np.int64]:
        """Return how many different characters each word has in common with a text, (words,)."""
        shared = np.zeros(len(self.words), np.int64)
        for char in self.holds.keys() & {*text}:
            shared += self.holds[char]
        return shared


def stated(group: Sequence[Candidate], vocabulary: Sequence[Purpose]) -> Stated | None:
    """Return the purpose that a text states, None where nothing was read.

    Words of the vocabulary stand against what was read; they win where the evidence for them
    nearly equals that for what was read. Where none wins, the one word that is near what was read
    is proposed.

    Args:
        group: The candidates of one text.
        vocabulary: Known purposes.
    """
    read = _read(group)
    if not read:
        return None
    spellings = spelled(tuple(vocabulary))
    names = spellings.names
    near = [word for text in read for word in nearest(text, spellings)]
    known = dict.fromkeys((*_likeliest(group, spellings), *near), KNOWN_PRIOR)
    weighed = weigh(group, dict.fromkeys(read, 0.0) | known)
    meant = nearest(weighed[0].text, spellings)
    if weighed[0].text not in names and meant:
        weighed = tuple(sorted(weighed, key=lambda each: each.text != meant[0]))
    best = weighed[0]
    is_known = best.text in names
    proposed = is_known and best.text not in read
    return Stated(names.get(best.text, best.text), is_known, proposed, best, weighed)


def nearest(text: str, spellings: Spellings) -> list[str]:
    """Return the one known spelling that is near a text; nothing where several purposes are.

    Args:
        text: As it was read, normalised.
        spellings: Of the vocabulary.
    """
    if len(text) < _SHORTEST:
        return []
    most = max(1, len(text) // _FOR_EACH)
    as_long = np.abs(spellings.lengths - len(text)) <= most
    alike = spellings.distinct - spellings.shared(text) <= most
    words = (spellings.words[index] for index in np.flatnonzero(as_long & alike))
    far = {word: distance(text, word) for word in words}
    least = min(far.values(), default=most + 1)
    near = [word for word, each in far.items() if each == least <= most]
    return near[:1] if len({spellings.names[word] for word in near}) == 1 else []


def _read(group: Sequence[Candidate]) -> list[str]:
    """Return what was read, and the same without the dirt at its ends."""
    texts = readings(group)
    return [text for text in dict.fromkeys((*texts, *map(_bare, texts))) if text]


def _bare(text: str) -> str:
    inner = text.strip(_DIRT)
    return inner + ")" * (inner.count("(") > inner.count(")"))


@lru_cache(maxsize=2)
def spelled(vocabulary: tuple[Purpose, ...]) -> Spellings:
    """Return each way of writing a purpose, with its number where it may have one."""
    return Spellings.of(
        {
            normalised(spelling) + number: purpose.name + number
            for purpose in vocabulary
            for spelling in (purpose.name, *purpose.spellings)
            for number in ("", *(_NUMBERS if purpose.numbered else ()))
        }
    )


def divided(text: str, vocabulary: Sequence[Purpose]) -> tuple[str, str | None]:
    """Part a text that ends in a known purpose, as square company seals have it.

    Returns:
        What stands before the purpose, and the purpose as it is reported; the whole text and None
        where it ends in none.
    """
    return spelled(tuple(vocabulary)).divide(text)


def _likeliest(group: Sequence[Candidate], spellings: Spellings) -> list[str]:
    shared = [spellings.shared(text) >= _LEAST_READ for text in readings(group)]
    words = tuple(spellings.words[i] for i in np.flatnonzero(np.logical_or.reduce(shared)))
    if not words:
        return []
    bounds = [log_bounds(look_of(candidate).columns, words) for candidate in group]
    order = np.argsort(-np.max(bounds, axis=0), kind="stable")
    return [words[index] for index in order[:_WEIGHED]]
