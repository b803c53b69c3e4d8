"""Read what runs around a round or oval seal.

The name runs clockwise, feet to the centre; what stands at the bottom runs the other way, heads to
the centre. The ring is cut at its widest gap and read as one strip; where the characters were found
tells how far the name goes and where the seal's top is. Then the name is read again by itself, in
several views, and the bottom turned round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sealq_worker.careful.band import text_band
from sealq_worker.careful.models import LINE_HEIGHT, SealModels
from sealq_worker.careful.naming import LEAST_MARK, heaviest, name_of, score_of, weight_of
from sealq_worker.careful.observation import Candidate, Geometry, Place
from sealq_worker.careful.outline import Points
from sealq_worker.careful.scoring import Mark, Placed, candidate, consensus, filled, ranked
from sealq_worker.careful.unwrap import Strip, outline_of_strip, ring_points, unwrapped
from sealq_worker.careful.views import SealViews

#: Depth of the name's outer and inner edge, as shares of the shorter half axis, and of a second
#: name's inside a first one, as seals in two languages have it.
OUTER_BAND, INNER_BAND = (0.07, 0.42), (0.30, 0.58)
#: The same for what stands along the bottom: a text as tall as a name, or a number near the edge.
_BOTTOM_BANDS = ((0.05, 0.37), (0.05, 0.24))

#: Share of a strip's length that is read twice, so that nothing is lost at the cut.
_OVERLAP = 0.03
#: Share of a ring's length over which ink is summed up to find the gap.
_GAP_WINDOW = 0.04
#: Mean ink in such a window below which there is nothing.
_NOTHING = 0.05

#: Pitches of a name by which its strip is longer, at either end, than from first to last character:
#: one more may stand there that was too faint to see.
_MARGIN = 1.6
#: Share of the ring that must be left at the bottom for a text.
_LEAST_BOTTOM = 0.08
#: Probability of its faintest character below which a name is looked at in more ways.
_SURE = 0.6
#: How much narrower characters are drawn in one of these.
_NARROW = 0.8
#: Score below which there is no text.
_LEAST_SCORE = 0.35

#: Direction of an upright seal's top from its centre, degrees counter-clockwise from the x axis.
_TOP = 90.0


@dataclass(frozen=True)
class RingText:
    """A text found on the ring.

    Attributes:
        candidates: Best first; at least one.
        strip: The part of the ring that it takes.
    """

    candidates: tuple[Candidate, ...]
    strip: Strip

    @property
    def middle(self) -> float:
        """`along` of the middle between its ends."""
        return (self.strip.start + self.strip.span / 2) % 1.0


def read_name(
    seal: SealViews, models: SealModels, band: tuple[float, float] = OUTER_BAND
) -> RingText | None:
    """Read the text that runs clockwise around the seal; None if there is none.

    Args:
        seal: Round or oval.
        models: Recogniser.
        band: Outer and inner edge of the text, as shares of the shorter half axis.
    """
    cut = find_cut(seal, band)
    whole = _strip(seal.geometry, band, cut, 1.0 + _OVERLAP)
    first = _read(seal, models, {"sharp": whole})
    marks = name_of(first["sharp"].marks)
    if not marks:
        return None
    pitch = (marks[-1].at - marks[0].at) / max(1, len(marks) - 1) or _OVERLAP
    start, span = marks[0].at - _MARGIN * pitch, marks[-1].at - marks[0].at + 2 * _MARGIN * pitch
    tight = replace(whole, start=start, span=span)
    views = first | _read(seal, models, dict.fromkeys(seal.trusted, tight))
    found = _text(seal, views, tight)
    if found is not None and min(found.candidates[0].characters) >= _SURE:
        return found
    # Cut as high as they are, characters show larger; drawn narrower, they stand closer together.
    short = seal.geometry.axes[1]
    outer, inner = text_band(
        seal, replace(whole, start=marks[0].at, span=marks[-1].at - marks[0].at)
    )
    close = replace(tight, outer=outer * short, inner=inner * short)
    views |= _read(seal, models, {"crop": tight} | {f"{seal.trusted[0]} close": close})
    views |= _read(seal, models, {"sharp narrow": tight}, _NARROW)
    return _text(seal, views, tight)


def read_bottom(seal: SealViews, models: SealModels, name: RingText) -> RingText | None:
    """Read what runs along the bottom of the ring, between the name's end and its start.

    Args:
        seal: Round or oval.
        models: Recogniser.
        name: What runs around the top.
    """
    start, span = name.strip.start + name.strip.span, 1.0 - name.strip.span
    if span < _LEAST_BOTTOM:
        return None
    found = []
    for band in _BOTTOM_BANDS:
        strip = replace(_strip(seal.geometry, band, start, span), flipped=True)
        views = _read(seal, models, dict.fromkeys(seal.trusted, strip))
        found.append(_text(seal, views, strip))
    texts = [text for text in found if text is not None]
    return max(texts, key=lambda text: _worth(text.candidates[0]), default=None)


def find_cut(seal: SealViews, band: tuple[float, float]) -> float:
    """Return the middle of the widest gap in the ring's ink, as `along`."""
    strip = _strip(seal.geometry, band, 0.0, 1.0)
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


def rotation_of(geometry: Geometry, middle: float) -> float:
    """Return the seal's rotation, given where the middle of its name stands.

    Args:
        geometry: Of an ellipse.
        middle: As `along`.

    Returns:
        Degrees counter-clockwise from upright, in [-180, 180).
    """
    top = ring_points(geometry, np.array([middle]), np.array([0.3 * geometry.axes[1]]))[0]
    dx, dy = top - np.array(geometry.centre)
    turned = float((np.degrees(np.arctan2(-dy, dx)) - _TOP + 180) % 360 - 180)
    if geometry.shape == "round":
        return turned
    # Oval seals lie on their long side: the axis is surer than the characters' places.
    lying = (geometry.tilt, geometry.tilt + 180)
    nearest = min(lying, key=lambda angle: abs((angle - turned + 180) % 360 - 180))
    return float((nearest + 180) % 360 - 180)


def _strip(geometry: Geometry, band: tuple[float, float], start: float, span: float) -> Strip:
    short = geometry.axes[1]
    return Strip(start, span, band[0] * short, band[1] * short)


def _read(
    seal: SealViews, models: SealModels, strips: dict[str, Strip], stretch: float = 1.0
) -> dict[str, Placed]:
    """Read strips, each in the view that its name begins with."""
    pictures = [
        unwrapped(getattr(seal, name.split()[0]), seal.geometry, strip, LINE_HEIGHT, stretch)
        for name, strip in strips.items()
    ]
    lines = models.recognise(pictures)
    return {
        # Of a flipped strip the places count backwards: its left end lies farthest along.
        name: Placed(line, -strip.start - strip.span if strip.flipped else strip.start, strip.span)
        for (name, strip), line in zip(strips.items(), lines, strict=True)
    }


def _text(seal: SealViews, views: dict[str, Placed], strip: Strip) -> RingText | None:
    """Return one text: each view's reading of it, and what they agree on."""
    pick = heaviest if strip.flipped else name_of
    readings = {name: pick(placed.marks) for name, placed in views.items()}
    readings["agreed"] = filled(consensus(list(readings.values())), list(views.values()))
    sound = {
        name: marks for name, marks in readings.items() if marks and score_of(marks) >= _LEAST_SCORE
    }
    if not sound:
        return None
    place: Place = "bottom" if strip.flipped else "ring"
    parts = {name: _around(strip, marks) for name, marks in sound.items()}
    candidates = ranked(
        [
            candidate(place, marks, outline_of_strip(seal.geometry, parts[name]), f"strip {name}")
            for name, marks in sound.items()
        ]
    )
    longest = max(sound, key=lambda name: weight_of(sound[name]))
    return RingText(candidates, parts["agreed" if "agreed" in parts else longest])


def _around(strip: Strip, marks: Sequence[Mark]) -> Strip:
    """Return the part of a strip that characters take."""
    margin = 0.5 * (marks[-1].at - marks[0].at) / max(1, len(marks) - 1)
    first, last = marks[0].at - margin, marks[-1].at + margin
    return replace(strip, start=-last if strip.flipped else first, span=last - first)


def _worth(reading: Candidate) -> float:
    return sum(score - LEAST_MARK for score in reading.characters)
