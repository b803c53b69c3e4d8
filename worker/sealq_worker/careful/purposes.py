"""Which purpose of the vocabulary a seal states, where the recogniser's probabilities allow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sealq_configs.purposes import Purpose
from sealq_worker.careful.ctc import log_bounds
from sealq_worker.careful.looks import look_of
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

#: How numbered seals end.
_NUMBERS = tuple(f"({number})" for number in (*range(1, 21), *"一二三四五六七八九十"))


@dataclass(frozen=True)
class Stated:
    """What a text states.

    Attributes:
        name: The purpose as it is reported, its number included; as read where it is not known.
        known: It is of the vocabulary.
        best: What was read, in the seal's spelling.
        weighed: All that it was weighed against, itself first.
    """

    name: str
    known: bool
    best: Weighed
    weighed: tuple[Weighed, ...]


def stated(group: Sequence[Candidate], vocabulary: Sequence[Purpose]) -> Stated | None:
    """Return the purpose that a text states, None where nothing was read.

    Words of the vocabulary stand against what was read; they win where the evidence for them
    nearly equals that for what was read.

    Args:
        group: The candidates of one text.
        vocabulary: Known purposes.
    """
    read = readings(group)
    if not read:
        return None
    names = spelled(tuple(vocabulary))
    priors = dict.fromkeys(read, 0.0) | dict.fromkeys(_likeliest(group, names), KNOWN_PRIOR)
    weighed = weigh(group, priors)
    best = weighed[0]
    return Stated(names.get(best.text, best.text), best.text in names, best, weighed)


@lru_cache(maxsize=2)
def spelled(vocabulary: tuple[Purpose, ...]) -> Mapping[str, str]:
    """Return each way of writing a purpose, normalised, and the purpose as it is reported."""
    return {
        normalised(spelling) + number: purpose.name + number
        for purpose in vocabulary
        for spelling in (purpose.name, *purpose.spellings)
        for number in ("", *(_NUMBERS if purpose.numbered else ()))
    }


def divided(text: str, vocabulary: Sequence[Purpose]) -> tuple[str, str | None]:
    """Part a text that ends in a known purpose, as square company seals have it.

    Returns:
        What stands before the purpose, and the purpose as it is reported; the whole text and None
        where it ends in none.
    """
    names = spelled(tuple(vocabulary))
    endings = (ending for ending in names if text.endswith(ending) and text != ending)
    longest = max(endings, key=len, default=None)
    return (text, None) if longest is None else (text.removesuffix(longest), names[longest])


def _likeliest(group: Sequence[Candidate], names: Mapping[str, str]) -> list[str]:
    read = [{*text} for text in readings(group)]
    words = tuple(
        word for word in names if any(len({*word} & text) >= _LEAST_READ for text in read)
    )
    if not words:
        return []
    bounds = [log_bounds(look_of(candidate).columns, words) for candidate in group]
    order = np.argsort(-np.max(bounds, axis=0), kind="stable")
    return [words[index] for index in order[:_WEIGHED]]
