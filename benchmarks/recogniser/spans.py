"""What of a plate's text a strip shows: chance puts it off as the reader is off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from recogniser.rails import Rail, circumference, pitch_of, rail_of
from sealbench.chance import between, weighted
from sealbench.design import Arc, Design, Line

#: The reader's bands, as shares of the shorter half axis: a name's, and what runs along the bottom;
#: by how much they may be off.
_NAME_BAND, _BOTTOM_BANDS = (0.07, 0.42), ((0.05, 0.37), (0.05, 0.24))
_BAND_SLIP = 0.03
#: How often a name is shown in the reader's band, close around its characters, once around the
#: ring, and in part.
_NAME_KINDS = {"band": 3.0, "tight": 2.0, "whole": 1.5, "part": 0.8}
#: Characters of which a part is shown at least, and of names of which parts are shown.
_LEAST_PART, _LEAST_PARTED = 4, 7
#: Pitches by which a strip begins before a name and ends after it; the same for straight lines.
_NAME_ENDS, _LINE_ENDS = (0.5, 2.3), (0.45, 1.3)
#: Most pitches by which a strip along the bottom is longer, and share of the free ring.
_BOTTOM_ENDS, _FREE_SHARE = 8.0, 0.6
#: Heights of a character above and below its middle: lines, and names closely cut.
_LINE_SIDES, _NAME_SIDES = (0.46, 0.85), (0.48, 0.75)
#: Where in the ring's gap it is cut, as a share of the gap, and what is shown twice, of the ring.
_CUTS, _OVERLAP = (0.25, 0.75), 0.03
#: Degrees of a name that leaves no gap to cut in, of the least free bottom that is shown, and what
#: of a bottom is not free.
_NO_GAP, _LEAST_BOTTOM, _NOT_FREE = 320.0, 50.0, 40.0


@dataclass(frozen=True)
class Span:
    """A part of a plate, along a text.

    Attributes:
        rail: Along the middle of the characters.
        above: Millimetres that it reaches above that.
        below: Millimetres that it reaches below.
        text: What stands there.
    """

    rail: Rail
    above: float
    below: float
    text: str


def span_of(design: Design, text: Arc | Line, rng: np.random.Generator) -> Span:
    """Return a part of a seal that shows one of its texts, or a part of that text."""
    if isinstance(text, Line):
        before, after = rng.uniform(*_LINE_ENDS, 2) * min(text.pitch, text.letters.height)
        above, below = text.letters.height * rng.uniform(*_LINE_SIDES, 2)
        return Span(rail_of(text, before, after), above, below, text.text)
    if text.sweep < 0:
        return _bottom(design, text, rng)
    kind, alone = weighted(rng, _NAME_KINDS), len(_names(design)) == 1
    if kind == "whole" and alone and text.sweep < _NO_GAP:
        return _whole_ring(design, text, rng)
    before, after = rng.uniform(*_NAME_ENDS, 2) * pitch_of(text)
    if kind == "band" and alone:
        above, below = _band(design, text, _NAME_BAND, rng)
        return Span(rail_of(text, before, after), above, below, text.text)
    above, below = text.letters.height * rng.uniform(*_NAME_SIDES, 2)
    if kind == "part" and len(text.text) >= _LEAST_PARTED:
        return _part(text, above, below, rng)
    return Span(rail_of(text, before, after), above, below, text.text)


def nothing_on(design: Design, rng: np.random.Generator) -> Iterator[Span]:
    """Yield the bottom of a ring on which nothing stands but one name around the top, if it is."""
    arcs = [each for each in design.elements if isinstance(each, Arc)]
    if len(arcs) != 1 or arcs[0].sweep < 0:
        return
    free = 360 - arcs[0].sweep - _NOT_FREE
    if free > _LEAST_BOTTOM:
        # Two characters give the arc; they stand on no plate.
        bottom = replace(arcs[0], text="  ", sweep=-between(rng, _LEAST_BOTTOM, free))
        above, below = _band(design, bottom, _bottom_band(rng), rng)
        yield Span(rail_of(bottom, 0, 0), above, below, "")


def _part(arc: Arc, above: float, below: float, rng: np.random.Generator) -> Span:
    """Return some characters of a name, cut between characters."""
    count, pitch = len(arc.text), pitch_of(arc)
    first = int(rng.integers(0, count - _LEAST_PART))
    last = int(rng.integers(first + _LEAST_PART - 1, count))
    rail = rail_of(arc, (0.5 - first) * pitch, (1.5 + last - count) * pitch)
    return Span(rail, above, below, arc.text[first : last + 1])


def _whole_ring(design: Design, arc: Arc, rng: np.random.Generator) -> Span:
    gap = circumference(arc) - pitch_of(arc) * (len(arc.text) - 1)
    cut = gap * between(rng, *_CUTS)
    rail = rail_of(arc, cut, gap - cut + _OVERLAP * circumference(arc))
    above, below = _band(design, arc, _NAME_BAND, rng)
    return Span(rail, above, below, arc.text)


def _bottom(design: Design, arc: Arc, rng: np.random.Generator) -> Span:
    pitch = pitch_of(arc)
    free = (circumference(arc) - pitch * (len(arc.text) - 1)) / 2
    longest = min(_BOTTOM_ENDS, _FREE_SHARE * free / pitch)
    before, after = rng.uniform(0.5, longest, 2) * pitch
    above, below = _band(design, arc, _bottom_band(rng), rng)
    return Span(rail_of(arc, before, after), above, below, arc.text)


def _band(
    design: Design, arc: Arc, band: tuple[float, float], rng: np.random.Generator
) -> tuple[float, float]:
    """Return how far above and below an arc the reader's band reaches, in millimetres."""
    short = min(design.size) / 2
    edge = short - min(arc.radii)
    outer, inner = (short * (depth + between(rng, -_BAND_SLIP, _BAND_SLIP)) for depth in band)
    return (edge - outer, inner - edge) if arc.sweep > 0 else (inner - edge, edge - outer)


def _bottom_band(rng: np.random.Generator) -> tuple[float, float]:
    return _BOTTOM_BANDS[int(rng.integers(len(_BOTTOM_BANDS)))]


def _names(design: Design) -> list[Arc]:
    return [each for each in design.elements if isinstance(each, Arc) and each.sweep > 0]
