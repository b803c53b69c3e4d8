"""What a name that was read with doubt may have been meant to say.

Names begin with places and end with trades and legal forms, or with what a public body is called.
Such words are laid on the beginning or the end of a reading, character by character, one of them
overlooked or one too many; the few that the recogniser's probabilities allow may have been meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.ctc import lettered
from sealq_worker.careful.looks import CUT_OFF, OVERLOOKED, Look
from sealq_worker.careful.name_words import DIVISIONS, ENDINGS, LATIN_FORMS, name_words
from sealq_worker.careful.weighing import GAIN

#: Most guesses at one word.
_MOST = 3
#: Natural logarithm of how much less likely than what was read a guess is at most.
_LEAST = -11.0
#: The same by which a guess is likelier than the next one that is left out: of many that are as
#: likely as one another none is meant.
_APART = 0.5
#: Characters of the shortest word of which one may have been overlooked.
_SHORTEST = 3
#: What can't be.
_NEVER = -1e3


@dataclass(frozen=True)
class Guess:
    """A word that may have been meant at one end of a reading.

    Attributes:
        word: Nothing where the reading stays as it is.
        taken: Characters of the reading that it stands for.
    """

    word: str
    taken: int


_AS_READ = Guess("", 0)


@dataclass(frozen=True, eq=False)
class WordTable:
    """Words, ready to be laid on a reading all at once.

    Attributes:
        words: Each once.
        symbols: All their characters, each once.
        letters: (words, longest) which symbols each word consists of, from 1, padded by 0; words
            that readings end with are spelled backwards.
        lengths: (words,) characters of each.
        last: Readings end with them.
    """

    words: tuple[str, ...]
    symbols: str
    letters: NDArray[np.int64]
    lengths: NDArray[np.int64]
    last: bool

    @classmethod
    def of(cls, words: Sequence[str], *, last: bool) -> WordTable:
        """Return the table of some words."""
        symbols, letters = lettered(tuple(word[::-1] if last else word for word in words))
        return cls(tuple(words), symbols, letters, (letters > 0).sum(axis=1), last)


@dataclass(frozen=True)
class _Tables:
    places: WordTable
    cities: WordTable
    forms: WordTable
    trades: WordTable
    bodies: WordTable


def names_meant(look: Look, behind: WordTable | None = None) -> Iterator[str]:
    """Yield a reading, and the same with words at its ends that may have been meant.

    Args:
        look: A reading of a name.
        behind: What may stand behind a name in the same text, as purposes do on square seals.
    """
    tails = [_AS_READ, *_endings(look)]
    if behind is not None:
        for word in guesses(look, behind):
            before = look.part(0, len(look.text) - word.taken)
            tails += [_both(ending, word) for ending in (_AS_READ, *_endings(before))]
    bodies = _tables().bodies.words
    for head in (_AS_READ, *_beginnings(look)):
        for tail in tails:
            end = len(look.text) - tail.taken
            name = head.word + look.text[head.taken : end]
            if head.taken <= end and (tail.word not in bodies or name.endswith(DIVISIONS)):
                yield name + tail.word


def guesses(look: Look, table: WordTable) -> list[Guess]:
    """Return the words of a table that a reading may begin or end with, the likeliest first.

    Args:
        look: A reading.
        table: Words.

    Returns:
        At most three; none that is hardly likelier than others which are left out.
    """
    if not look.text:
        return []
    gains = _gains(look, table)
    best = gains.max(axis=0)
    order = np.argsort(-best, kind="stable")
    least = max([_LEAST, *(best[order[_MOST : _MOST + 1]] + _APART)])
    more = gains.argmax(axis=0) - 1
    taken = table.lengths + more
    found = [Guess(table.words[i], int(taken[i])) for i in order[:_MOST] if best[i] > least]
    return [guess for guess in found if _is_backed(guess, look, last=table.last)]


def _is_backed(guess: Guess, look: Look, *, last: bool) -> bool:
    """Whether half of a word's characters were read where it is to stand."""
    count = len(look.text)
    there = look.text[max(0, count - guess.taken) :] if last else look.text[: guess.taken]
    return 2 * sum(char in there for char in guess.word) >= len(guess.word)


def _beginnings(look: Look) -> Iterator[Guess]:
    tables = _tables()
    for place in guesses(look, tables.places):
        yield place
        if place.word not in name_words().cities:
            behind = guesses(look.part(place.taken, len(look.text)), tables.cities)
            yield from (_both(place, city) for city in behind)


def _endings(look: Look) -> Iterator[Guess]:
    tables = _tables()
    yield from guesses(look, tables.bodies)
    for form in (*guesses(look, tables.forms), Guess(look.text[-1:], 1)):
        yield form
        before = guesses(look.part(0, len(look.text) - form.taken), tables.trades)
        yield from (_both(trade, form) for trade in before)


def _both(first: Guess, second: Guess) -> Guess:
    return Guess(first.word + second.word, first.taken + second.taken)


def _gains(look: Look, table: WordTable) -> NDArray[np.float64]:
    """Return how much likelier words are than what was read in their places, as logarithms.

    Returns:
        (3, words): with one character overlooked, as many as were read, one too many.
    """
    steps, said = np.log(look.columns(table.symbols)[1::2]), np.log(look.sharpened)
    if table.last:
        steps, said = steps[::-1], said[::-1]
    gains = steps - said[:, None]
    # What a word gains by its first characters, each laid on the one that was read in its place.
    until = _before(_laid(gains, table, 0))
    fewer = _lacking(until, _laid(gains, table, -1), table)
    more = _surplus(until, _laid(gains, table, 1), gains[:, 0], table)
    return np.stack([fewer + GAIN, until[:, -1], more - GAIN])


def _laid(gains: NDArray[np.float64], table: WordTable, offset: int) -> NDArray[np.float64]:
    """Return what each character of words gains, laid on the one so many places further.

    Args:
        gains: (read, 1 + symbols) of the characters that were read, what each symbol gains.
        table: Of the words.
        offset: Places.

    Returns:
        (words, longest), 0 behind a word's end.
    """
    at = np.arange(table.letters.shape[1]) + offset
    inside = (at >= 0) & (at < len(gains))
    gain = gains[np.clip(at, 0, len(gains) - 1), table.letters]
    return np.where(_there(table), np.where(inside, gain, _NEVER), 0.0)


def _lacking(
    until: NDArray[np.float64], earlier: NDArray[np.float64], table: WordTable
) -> NDArray[np.float64]:
    """Return what words gain of which one character was overlooked, (words,).

    Args:
        until: Sums of what comes before each place.
        earlier: What characters gain, each laid on the one before.
        table: Of the words.
    """
    overlooked = np.full(earlier.shape[1], np.log(OVERLOOKED))
    overlooked[0] = np.log(CUT_OFF)
    ways = until[:, :-1] + overlooked + _from_here_on(earlier)[:, 1:]
    best: NDArray[np.float64] = np.where(_there(table), ways, _NEVER).max(axis=1)
    best[table.lengths < _SHORTEST] = _NEVER
    return best


def _surplus(
    until: NDArray[np.float64],
    later: NDArray[np.float64],
    none: NDArray[np.float64],
    table: WordTable,
) -> NDArray[np.float64]:
    """Return what words gain among whose characters one is none, (words,).

    Args:
        until: Sums of what comes before each place.
        later: What characters gain, each laid on the next one.
        none: (read,) what each character that was read gains by being none.
        table: Of the words.
    """
    longest = later.shape[1]
    spare = np.full(longest, _NEVER)
    spare[: len(none)] = none[:longest]
    ways = until[:, :-1] + spare + _from_here_on(later)[:, :-1]
    best: NDArray[np.float64] = np.where(_there(table), ways, _NEVER).max(axis=1)
    return best


def _there(table: WordTable) -> NDArray[np.bool_]:
    """Return where words have characters, (words, longest)."""
    there: NDArray[np.bool_] = table.letters > 0
    return there


def _before(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (words, longest + 1) sums of what comes before each place."""
    return np.concatenate([np.zeros((len(gain), 1)), gain.cumsum(axis=1)], axis=1)


def _from_here_on(gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (words, longest + 1) sums of what comes at each place and behind it."""
    summed = gain[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.concatenate([summed, np.zeros((len(gain), 1))], axis=1)


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    words = name_words()
    return _Tables(
        places=WordTable.of(words.places, last=False),
        cities=WordTable.of([city for city in words.cities if city.endswith("市")], last=False),
        forms=WordTable.of((*(each for each in ENDINGS if len(each) > 1), *LATIN_FORMS), last=True),
        trades=WordTable.of(words.trades, last=True),
        bodies=WordTable.of(words.bodies, last=True),
    )
