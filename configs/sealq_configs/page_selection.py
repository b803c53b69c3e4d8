"""Which pages of each document a job reads, as the user writes it: `1-3,7,9-`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn

from sealq_configs.errors import WrongUseError

#: `7`, `1-3` or `9-`. Nine digits are more pages than a document can have.
_PART = re.compile(r"\s*(?P<first>[0-9]{1,9})\s*(?:(?P<dash>-)\s*(?P<last>[0-9]{1,9})?\s*)?")


@dataclass(frozen=True)
class PageRange:
    """Pages `first` to `last`, both included and counted from 1; no `last`: to the end."""

    first: int
    last: int | None

    def __str__(self) -> str:
        if self.last is None:
            return f"{self.first}-"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class PageSelection:
    """Page ranges, ascending, with a gap between each two. `str()` is their canonical text."""

    ranges: tuple[PageRange, ...]

    def __str__(self) -> str:
        return ",".join(map(str, self.ranges))

    def pick(self, page_count: int) -> Iterator[int]:
        """Yield the selected page numbers of a document, ascending, each once.

        Pages that the document does not have are left out: one selection serves many documents.
        """
        return chain.from_iterable(
            range(part.first, min(part.last or page_count, page_count) + 1) for part in self.ranges
        )


def parse_page_selection(text: str) -> PageSelection:
    """Read a page selection such as `1-3,7,9-`; ranges may overlap and come in any order.

    Raises:
        WrongUseError: A part is not understood, reversed, or names page 0.
    """
    return PageSelection(tuple(_merged(_parse_part(text, part) for part in text.split(","))))


def _parse_part(text: str, part: str) -> PageRange:
    match = _PART.fullmatch(part)
    if match is None:
        _refuse(text, f"{part.strip()!r} is neither a page nor a range of pages")
    first = int(match["first"])
    last = first if match["dash"] is None else int(match["last"]) if match["last"] else None
    if first == 0 or last == 0:
        _refuse(text, "pages are counted from 1")
    if last is not None and last < first:
        _refuse(text, f"{part.strip()!r} runs backwards; write {last}-{first}")
    return PageRange(first, last)


def _refuse(text: str, reason: str) -> NoReturn:
    raise WrongUseError(
        f"Pages {text!r}: {reason}. Write pages and ranges parted by commas, such as 1-3,7 or 5- "
        "(page 5 to the end)."
    )


def _merged(parts: Iterable[PageRange]) -> list[PageRange]:
    merged: list[PageRange] = []
    for part in sorted(parts, key=lambda part: part.first):
        previous = merged[-1] if merged else None
        if previous is None or (previous.last is not None and previous.last + 1 < part.first):
            merged.append(part)
        else:
            merged[-1] = PageRange(previous.first, _later(previous.last, part.last))
    return merged


def _later(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)
