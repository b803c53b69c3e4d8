"""Read what runs along the bottom of a round or oval seal, heads to the centre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sealq_worker.careful.around import read_strips, ring_strip
from sealq_worker.careful.models import SealModels
from sealq_worker.careful.observation import Candidate
from sealq_worker.careful.ring import RingText, put_together, text_in, worth
from sealq_worker.careful.unwrap import Strip, unwrapped
from sealq_worker.careful.views import SealViews

#: Depth of the outer and inner edge of what stands along the bottom, as shares of the shorter half
#: axis: a number near the edge, or a text as tall as a name.
_BOTTOM_BANDS = ((0.05, 0.24), (0.05, 0.37))
#: Digits that a seal's number has at most.
_MOST_DIGITS = 14
#: Share of the ring that must be left at the bottom for a text.
_LEAST_BOTTOM = 0.08
#: Depth at which any text along the bottom has ink, as shares of the shorter half axis, and rows
#: that show it; share of the bottom left out at either end: the name may reach in there.
_NUMBERS_BAND, _NUMBERS_ROWS, _BESIDE = (0.10, 0.22), 24, 0.12
#: Mean ink from which a place has some, share of such places below which there is no text, and
#: share of the ring that is read beyond the outermost of them.
_NOTHING, _LEAST_INKED, _AROUND = 0.05, 0.03, 0.05
#: Probability of its faintest character from which on a text along the bottom is not looked at
#: again, and characters from which on it is all that stands there.
_SURE_BOTTOM, _SOME = 0.9, 5


def read_bottom(seal: SealViews, models: SealModels, name: RingText) -> RingText | None:
    """Read what runs along the bottom of the ring, between the name's end and its start.

    Args:
        seal: Round or oval.
        models: Recogniser.
        name: What runs around the top.
    """
    start, span = name.strip.start + name.strip.span, 1.0 - name.strip.span
    part = _inked(seal, start, span) if span >= _LEAST_BOTTOM else None
    if part is None:
        return None
    found: list[RingText] = []
    for band in _BOTTOM_BANDS:
        strip = replace(ring_strip(seal.geometry, band, *part), flipped=True)
        text = _read(seal, models, strip)
        found += [text] if text else []
        if text is not None and _is_sure(text.candidates[0]):
            break
    best_first = sorted(found, key=_rank, reverse=True)
    return put_together(*best_first) if best_first else None


def _inked(seal: SealViews, start: float, span: float) -> tuple[float, float] | None:
    """Return from where on and how far there is ink along the bottom's outer edge, if there is."""
    aside = _BESIDE * span
    strip = ring_strip(seal.geometry, _NUMBERS_BAND, start + aside, span - 2 * aside)
    dark = 1 - unwrapped(seal.clean[..., 0], seal.geometry, strip, _NUMBERS_ROWS) / 255.0
    there = np.flatnonzero(dark.mean(axis=0) > _NOTHING)
    if len(there) <= _LEAST_INKED * dark.shape[1]:
        return None
    ends = strip.start + (there[[0, -1]] + 0.5) / dark.shape[1] * strip.span
    first, last = max(start, ends[0] - _AROUND), min(start + span, ends[1] + _AROUND)
    return float(first), float(last - first)


def _read(seal: SealViews, models: SealModels, strip: Strip) -> RingText | None:
    """Read one strip along the bottom, in all views unless the first shows nothing or is sure."""
    first, *others = seal.trusted
    views = read_strips(seal, models, {first: strip})
    text = text_in(seal, views, strip)
    if text is None or min(text.candidates[0].characters) >= _SURE_BOTTOM:
        return text
    return text_in(seal, views | read_strips(seal, models, dict.fromkeys(others, strip)), strip)


def _is_sure(bottom: Candidate) -> bool:
    enough = len(bottom.text) >= _SOME and not _is_overlong(bottom.text)
    return enough and min(bottom.characters) >= _SURE_BOTTOM


def _is_overlong(text: str) -> bool:
    """Whether a number has more digits than any on a seal: drawn too wide, each is read twice."""
    return text.isdigit() and len(text) > _MOST_DIGITS


def _rank(text: RingText) -> tuple[bool, float]:
    return not _is_overlong(text.candidates[0].text), worth(text)
