"""The first look around a ring: what stands on it, wherever that begins.

A strip has two ends, and a name that is cut loses characters at both. The ring is cut where it is
emptiest. Print may fill that gap, so unless a whole name was read well off the cut, the ring is
read once more, cut on the opposite side, and of either reading the half far from its cut is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sealq_worker.careful.models import LINE_HEIGHT, SealModels
from sealq_worker.careful.name_words import ENDINGS
from sealq_worker.careful.naming import name_of, weight_of
from sealq_worker.careful.observation import Geometry, Image
from sealq_worker.careful.outline import Points
from sealq_worker.careful.scoring import Mark, Placed
from sealq_worker.careful.unwrap import Strip, unwrapped
from sealq_worker.careful.views import SealViews

#: Share of a strip's length that is read twice, so that nothing is lost at the cut.
OVERLAP = 0.03
#: Share of a ring's length over which ink is summed up to find the gap.
_GAP_WINDOW = 0.04
#: Mean ink in such a window below which there is nothing.
_NOTHING = 0.05

#: A name is whole where it ends as names do, its faintest character has the first probability, and
#: its ends are so far from the cut, as a share of the ring. It is beyond doubt with the second.
_SEEN, _SURE, _OFF_THE_CUT = 0.4, 0.8, 0.06

#: Share of the ring within which characters of two readings are one.
_SAME_PLACE = 0.02


@dataclass(frozen=True)
class Found:
    """A name as it was first seen.

    Attributes:
        marks: Its characters; places as `along`, rising, perhaps beyond 1.
        whole: The strips around the whole ring that were read.
    """

    marks: list[Mark]
    whole: tuple[Placed, ...]

    @property
    def sure(self) -> bool:
        """Whether one reading was enough, and beyond doubt."""
        return len(self.whole) == 1 and min(mark.score for mark in self.marks) >= _SURE

    def covering(self, part: Strip) -> dict[str, Placed]:
        """Return the readings of the whole ring that do not cut a part of it, placed around it."""
        near = (_moved_to(placed, part) for placed in self.whole)
        sound = [placed for placed in near if placed is not None]
        return {"sharp whole" + " again" * number: placed for number, placed in enumerate(sound)}


def look_around(seal: SealViews, models: SealModels, band: tuple[float, float]) -> Found:
    """Read around the ring.

    Args:
        seal: Round or oval.
        models: Recogniser.
        band: Outer and inner edge of the text, as shares of the shorter half axis.
    """
    cut = find_cut(seal, band)
    first = _read_whole(seal, models, band, cut)
    name = name_of(first.marks)
    if _is_whole(name, cut):
        return Found(name, (first,))
    second = _read_whole(seal, models, band, cut + 0.5)
    names = (name, name_of(second.marks), name_of(opened(joined(first, second))))
    return Found(max(names, key=weight_of), (first, second))


def read_strips(
    seal: SealViews, models: SealModels, strips: dict[str, Strip], stretch: float = 1.0
) -> dict[str, Placed]:
    """Read strips, each in the view that its name begins with."""
    pictures = [
        seal.drawn(name.split()[0], _unwrapping(seal.geometry, strip, stretch))
        for name, strip in strips.items()
    ]
    lines = models.recognise(pictures)
    return {
        # Of a flipped strip the places count backwards: its left end lies farthest along.
        name: Placed(line, -strip.start - strip.span if strip.flipped else strip.start, strip.span)
        for (name, strip), line in zip(strips.items(), lines, strict=True)
    }


def _unwrapping(geometry: Geometry, strip: Strip, stretch: float) -> Callable[[Image], Image]:
    return partial(unwrapped, geometry=geometry, strip=strip, height=LINE_HEIGHT, stretch=stretch)


def ring_strip(geometry: Geometry, band: tuple[float, float], start: float, span: float) -> Strip:
    """Return a part of the ring; the band as shares of the shorter half axis."""
    short = geometry.axes[1]
    return Strip(start, span, band[0] * short, band[1] * short)


def joined(first: Placed, second: Placed) -> list[Mark]:
    """Return the characters of two readings of a ring, of each those farther from its cut.

    Args:
        first: From its cut around to it.
        second: From half a turn on.
    """
    seam = first.start + 0.75
    early = [mark for mark in first.marks if seam - 0.5 <= mark.at < seam]
    late = [mark for mark in second.marks if seam <= mark.at < seam + 0.5]
    while early and late and late[0].at - early[-1].at < _SAME_PLACE:
        weaker = early if early[-1].score < late[0].score else late
        weaker.pop(-1 if weaker is early else 0)
    return early + late


def opened(marks: Sequence[Mark]) -> list[Mark]:
    """Return the characters on a ring in their order, from behind the widest gap on.

    Args:
        marks: Once around, in their order.
    """
    if not marks:
        return []
    ends = [*(mark.at for mark in marks), marks[0].at + 1]
    behind = int(np.argmax(np.diff(ends))) + 1
    return [*marks[behind:], *(replace(mark, at=mark.at + 1) for mark in marks[:behind])]


def find_cut(seal: SealViews, band: tuple[float, float]) -> float:
    """Return the middle of the widest gap in the ring's ink, as `along`."""
    strip = ring_strip(seal.geometry, band, 0.0, 1.0)
    dark = 1 - unwrapped(seal.clean[..., :1], seal.geometry, strip, LINE_HEIGHT) / 255.0
    # A stroke across everything is no more than a character.
    ink = np.minimum(dark.reshape(LINE_HEIGHT, -1).mean(axis=0), 0.4)
    return widest_gap(ink)


def widest_gap(ink: Points) -> float:
    """Return the middle of the widest gap in a closed profile, as a share of its length.

    Args:
        ink: (n,) share of ink at each place; the last is next to the first.
    """
    size = len(ink)
    window = max(3, round(_GAP_WINDOW * size))
    smooth = np.convolve(np.concatenate([ink] * 3), np.ones(window) / window, "same")[size:-size]
    empty = smooth < max(_NOTHING, smooth.min() + 0.5 * _NOTHING)
    if empty.all():
        return 0.0
    first = int(np.flatnonzero(~empty)[0])
    turned = np.roll(empty, -first)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], turned.astype(int), [0]])))
    runs = edges.reshape(-1, 2)
    longest = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return float((longest.mean() + first) / size % 1.0)


def _read_whole(
    seal: SealViews, models: SealModels, band: tuple[float, float], cut: float
) -> Placed:
    whole = ring_strip(seal.geometry, band, cut, 1.0 + OVERLAP)
    return read_strips(seal, models, {"sharp": whole})["sharp"]


def _is_whole(name: Sequence[Mark], cut: float) -> bool:
    if not name or min(mark.score for mark in name) < _SEEN:
        return False
    off = name[0].at - cut, cut + 1.0 - name[-1].at
    return min(off) > _OFF_THE_CUT and "".join(mark.char for mark in name).endswith(ENDINGS)


def _moved_to(whole: Placed, part: Strip) -> Placed | None:
    """Return a reading of the whole ring, turns added so that it spans a part; None if it cuts."""
    for turns in (-1.0, 0.0, 1.0):
        start = whole.start + turns
        if start <= part.start and part.start + part.span <= start + whole.span:
            return replace(whole, start=start)
    return None
