"""How well the texts of whole seals are read. A seal that was not found has none of them read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealbench.compare import NEAR, likeness
from sealbench.figures import Share
from sealbench.match import LabelMatch
from sealbench.truth import TextTruth

#: Upper ends, in page pixels, of the slices of character height.
_CHAR_PX = (8, 12, 16, 24)


@dataclass(frozen=True)
class TextRecall:
    """How many of a set of texts were read."""

    #: Texts whose seal was found: no reading can do better.
    found: Share
    #: Texts that a line of their seal equals, but for width and spaces.
    exact: Share
    #: Texts that a line of their seal is as like as `NEAR` asks.
    near: Share


@dataclass(frozen=True)
class Reading:
    """How well texts were read, by what they are and how large they stand."""

    all: TextRecall
    by: Mapping[str, Mapping[str, TextRecall]]


@dataclass(frozen=True)
class TextCase:
    """A text of a whole seal, and how near a line came to it."""

    text: TextTruth
    found: bool
    #: 0 to 1.
    likeness: float


def text_cases(match: LabelMatch) -> Iterator[TextCase]:
    """Yield what a page's whole seals add to the figures."""
    for pair in match.hits:
        for text in pair.seal.texts:
            yield TextCase(text, found=True, likeness=likeness(text.text, pair.found.lines))
    for seal in match.missed:
        for text in seal.texts:
            yield TextCase(text, found=False, likeness=0.0)


def reading(cases: Sequence[TextCase]) -> Reading:
    """Sum up texts, all together and by slice; each kind of slice adds up to the whole."""
    return Reading(
        _recall(cases),
        {
            "role": _by(cases, lambda case: case.text.role),
            "char_px": _by(cases, lambda case: char_slice(case.text.char_px)),
        },
    )


def char_slice(char_px: float) -> str:
    """Name the slice of a character height in pixels: `00-08`, ..., `24-`."""
    lower = 0
    for upper in _CHAR_PX:
        if char_px < upper:
            return f"{lower:02}-{upper:02}"
        lower = upper
    return f"{lower}-"


def _recall(cases: Sequence[TextCase]) -> TextRecall:
    return TextRecall(
        found=Share(sum(case.found for case in cases), len(cases)),
        exact=Share(sum(case.likeness == 1 for case in cases), len(cases)),
        near=Share(sum(case.likeness >= NEAR for case in cases), len(cases)),
    )


def _by(cases: Iterable[TextCase], slice_of: Callable[[TextCase], str]) -> dict[str, TextRecall]:
    groups: defaultdict[str, list[TextCase]] = defaultdict(list)
    for case in cases:
        groups[slice_of(case)].append(case)
    return {name: _recall(groups[name]) for name in sorted(groups)}
