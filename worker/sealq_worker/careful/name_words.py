"""The words of which names are made: places, public bodies, trades. No list of names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

#: Characters of the shortest word that may be mended, and of a body or trade for each one that is.
_SHORTEST, _FOR_EACH = 3, 5
#: Characters of dirt in front of a place.
_DIRT = 3


@dataclass(frozen=True)
class NameWords:
    """Words that names begin and end with, the longest first.

    Attributes:
        places: Provinces, cities with and without 市.
        bodies: What public bodies are called.
        trades: What stands before a legal form.
    """

    places: tuple[str, ...]
    bodies: tuple[str, ...]
    trades: tuple[str, ...]

    def place_of(self, name: str) -> str:
        """Return the place that a name begins with, or nothing."""
        return next((place for place in self.places if name.startswith(place)), "")

    def body_of(self, name: str) -> str:
        """Return the public body that a name ends with, or nothing."""
        return next((body for body in self.bodies if name.endswith(body)), "")

    def trade_of(self, stem: str) -> str:
        """Return the trade that a name without its legal form ends with, or nothing."""
        return next((trade for trade in self.trades if stem.endswith(trade)), "")


@lru_cache(maxsize=1)
def name_words() -> NameWords:
    """Return the words of `name_words.yaml`."""
    text = resources.files("sealq_worker.careful").joinpath("name_words.yaml").read_text("utf-8")
    words = {kind: line.split() for kind, line in yaml.safe_load(text).items()}
    cities = words["cities"]
    places = {*words["provinces"], *cities, *(f"{city}市" for city in cities)}
    return NameWords(_longest(places), _longest(words["bodies"]), _longest(words["trades"]))


def with_place(name: str) -> Iterator[str]:
    """Yield a name with the place that it probably begins with.

    Either the place is there, behind some dirt; or one character of it was misread or the first one
    overlooked, and no other place is as near.
    """
    words = name_words()
    place = words.place_of(name)
    if place:
        yield from _with_city(name, place)
        return
    behind = (name[dirt:] for dirt in range(1, _DIRT + 1) if words.place_of(name[dirt:]))
    yield from list(behind)[:1]
    meant = [place for place in words.places if _misread(name[: len(place)], place)]
    if len({place.removesuffix("市") for place in meant}) == 1:
        yield meant[0] + name[len(meant[0]) :]
    long = (place for place in words.places if len(place) >= _SHORTEST)
    cut = [place[0] for place in long if name.startswith(place[1:])]
    if len(cut) == 1:
        yield cut[0] + name


def _with_city(name: str, place: str) -> Iterator[str]:
    """Yield the name with 市 behind its city: instead of what was read there, and before it."""
    city = f"{place}市"
    if city in name_words().places:
        yield city + name[len(city) :]
        yield city + name[len(place) :]


def with_ending(name: str, words: Sequence[str]) -> Iterator[str]:
    """Yield a name with the word that it probably ends with, where it ends with none of them.

    Args:
        name: As it was read.
        words: Bodies or trades.
    """
    if name.endswith(tuple(words)):
        return
    for word in words:
        most = max(1, len(word) // _FOR_EACH)
        for length in range(len(word) - 1, len(word) + 2):
            tail = name[-length:]
            if _near(tail, word, most):
                yield name[: len(name) - len(tail)] + word


def _near(read: str, word: str, most: int) -> bool:
    """Whether a text differs from a word by so many characters at most, and by one at least."""
    shared = len({*read} & {*word})
    if len(word) < _SHORTEST or shared < len({*word}) - most:
        return False
    return 1 <= distance(read, word) <= most


def distance(a: str, b: str) -> int:
    """Return how many characters must be replaced, added or dropped to make one text of another."""
    row = list(range(len(b) + 1))
    for number, char in enumerate(a, start=1):
        before, row = row, [number]
        for place, other in enumerate(b):
            row.append(min(before[place] + (char != other), before[place + 1] + 1, row[-1] + 1))
    return row[-1]


def _misread(read: str, place: str) -> bool:
    if not _SHORTEST <= len(place) == len(read):
        return False
    return sum(a != b for a, b in zip(read, place, strict=True)) == 1


def _longest(words: Sequence[str] | set[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
