"""Read what runs around a round or oval seal.

The name runs clockwise, feet to the centre; what stands at the bottom runs the other way, heads to
the centre. Where characters were found on the whole ring tells how far the name goes and where the
seal's top is. Then the name is read again by itself, in several views; the bottom is `bottom`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sealq_worker.careful.around import OVERLAP, look_around, read_strips, ring_strip
from sealq_worker.careful.band import text_band
from sealq_worker.careful.models import LINE_HEIGHT, SealModels
from sealq_worker.careful.name_words import ENDINGS
from sealq_worker.careful.naming import LEAST_MARK, heaviest, name_of, score_of, weight_of
from sealq_worker.careful.observation import Candidate, Geometry, Place
from sealq_worker.careful.scoring import (
    Mark,
    Placed,
    any_sure,
    candidate,
    consensus,
    filled,
    ranked,
)
from sealq_worker.careful.unwrap import (
    Strip,
    outline_of_strip,
    ring_places,
    ring_points,
    strip_width,
)
from sealq_worker.careful.views import SealViews

#: Depth of the name's outer and inner edge, as shares of the shorter half axis. Seals in two
#: languages have a thin name in Latin letters, and a second one inside of it.
OUTER_BAND, THIN_BAND, INNER_BAND = (0.07, 0.42), (0.05, 0.30), (0.30, 0.58)

#: Pitches of a name by which its strip is longer, at either end, than from first to last character:
#: one more may stand there that was too faint to see.
_MARGIN = 1.6
#: Probability of its faintest character below which a name is looked at in more ways.
_SURE = 0.6
#: How much narrower characters are drawn in one of these.
_NARROW = 0.8
#: Characters by which the halves of a name differ that does not stand evenly around the top, and
#: by which its strip is longer at either end when it is read again.
UNEVEN, _EVEN_MARGIN = 0.7, 0.35
#: Share of a Latin name's characters that are Latin at least.
_LATIN = 0.7
#: Share of the ring that half a name takes at most.
_HALF_RING = 0.48
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
    seen = look_around(seal, models, band)
    marks = seen.marks
    if not marks:
        return None
    pitch = (marks[-1].at - marks[0].at) / max(1, len(marks) - 1) or OVERLAP
    start, span = marks[0].at - _MARGIN * pitch, marks[-1].at - marks[0].at + 2 * _MARGIN * pitch
    tight = ring_strip(seal.geometry, band, start, span)
    views = seen.covering(tight)
    # What was surely read on the whole ring is read in another view; the rest in all.
    for name in seal.trusted[1:] if seen.sure else seal.trusted:
        views |= read_strips(seal, models, {name: tight})
        if _confirms(views[name], marks):
            break
    found = text_in(seal, views, tight)
    if found is not None and min(found.candidates[0].characters) >= _SURE:
        return found
    # Cut as high as they are, characters show larger; drawn narrower, they stand closer together.
    short = seal.geometry.axes[1]
    outer, inner = text_band(
        seal, replace(tight, start=marks[0].at, span=marks[-1].at - marks[0].at)
    )
    close = replace(tight, outer=outer * short, inner=inner * short)
    views |= read_strips(seal, models, {"crop": tight} | {f"{seal.trusted[0]} close": close})
    views |= read_strips(seal, models, {"sharp narrow": tight}, _NARROW)
    return text_in(seal, views, tight)


def read_outer_name(seal: SealViews, models: SealModels) -> RingText | None:
    """Read the name along the frame, as deep as names are and, where that leaves doubt, as thin."""
    name = read_name(seal, models)
    if name is not None and (not is_latin(name) or min(name.candidates[0].characters) >= _SURE):
        return name
    thin = read_name(seal, models, THIN_BAND)
    if name is None or thin is None:
        return name or thin
    return put_together(*sorted((name, thin), key=_soundness, reverse=True))


def is_latin(name: RingText) -> bool:
    """Whether a name is in Latin letters, but for some that were misread."""
    text = name.candidates[0].text
    return sum(char.isascii() for char in text) >= _LATIN * len(text)


def evened(seal: SealViews, models: SealModels, name: RingText, rotation: float) -> RingText:
    """Read a name again that does not stand evenly around the seal's top, as names do.

    A character too few on one side was overlooked, one too many is dirt: the name is read as wide
    as its longer half asks for, and as narrow as its shorter half, until one reading is sure. These
    come first.

    Args:
        seal: Round or oval.
        models: Recogniser.
        name: As it was read.
        rotation: Degrees counter-clockwise by which the seal stands off upright.
    """
    top = top_of(seal.geometry, rotation)
    first = (name.strip.start - top + 0.5) % 1.0 - 0.5
    last = first + name.strip.span
    pitch = name.strip.span / len(name.candidates[0].text)
    if abs(first + last) < UNEVEN * pitch:
        return name
    halves = {max(-first, last): seal.trusted}
    if first < 0 < last:
        halves[min(-first, last)] = ("sharp",)
    found: list[RingText] = []
    for half, views in halves.items():
        around = min(_HALF_RING, half + _EVEN_MARGIN * pitch)
        part = replace(name.strip, start=top - around, span=2 * around)
        lines = _read_until_sure(seal, models, part, views)
        text = text_in(seal, lines, part)
        found += [text] if text else []
        if any_sure(lines):
            break
    return put_together(*sorted(found, key=worth, reverse=True), name)


def put_together(best: RingText, *others: RingText) -> RingText:
    """Return the best of several readings of one text, the others' candidates behind its own."""
    candidates = [each for text in (best, *others) for each in text.candidates]
    texts = {each.text: each for each in reversed(candidates)}
    return replace(best, candidates=tuple(reversed(texts.values())))


def surest(names: Sequence[RingText]) -> RingText:
    """Return the name that is the likeliest to be whole, and so to stand evenly around the top."""
    return max(names, key=lambda name: name.candidates[0].score)


def _soundness(text: RingText) -> tuple[bool, float]:
    best = text.candidates[0]
    return best.text.endswith(ENDINGS), best.score


def worth(text: RingText) -> float:
    """Return how much was read, and how surely."""
    return sum(score - LEAST_MARK for score in text.candidates[0].characters)


def top_of(geometry: Geometry, rotation: float) -> float:
    """Return where the top is of a seal that is turned so far, as `along`."""
    angle = np.radians(_TOP + rotation)
    reach = 0.7 * geometry.axes[1]
    x, y = geometry.centre
    point = np.array([(x + reach * np.cos(angle), y - reach * np.sin(angle))])
    return float(ring_places(geometry, point)[0][0])


def off_top(geometry: Geometry, reading: Candidate) -> float:
    """Return by how many of its characters a name's middle is off the seal's top.

    Args:
        geometry: Of an ellipse, its rotation known or not: 0 where not.
        reading: Of the name.
    """
    if geometry.rotation is None:
        return 0.0
    outer = np.array(reading.polygon)[: len(reading.polygon) // 2]
    start, end = ring_places(geometry, outer[[0, -1]])[0]
    span = (end - start) % 1.0
    off = (start + span / 2 - top_of(geometry, geometry.rotation) + 0.5) % 1.0 - 0.5
    return float(abs(off) * len(reading.text) / max(span, 0.01))


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


def text_in(seal: SealViews, views: Mapping[str, Placed], strip: Strip) -> RingText | None:
    """Return one text: each view's reading of it, and what they agree on; None if there is none."""
    pick = heaviest if strip.flipped else name_of
    readings = {name: pick(placed.marks) for name, placed in views.items()}
    readings["agreed"] = filled(consensus(list(readings.values())), list(views.values()))
    sound = {
        name: marks for name, marks in readings.items() if marks and score_of(marks) >= _LEAST_SCORE
    }
    if not sound:
        return None
    place: Place = "bottom" if strip.flipped else "ring"
    parts = {name: _around(seal.geometry, strip, marks) for name, marks in sound.items()}
    candidates = ranked(
        [
            candidate(place, marks, outline_of_strip(seal.geometry, parts[name]), f"strip {name}")
            for name, marks in sound.items()
        ]
    )
    longest = max(sound, key=lambda name: weight_of(sound[name]))
    return RingText(candidates, parts["agreed" if "agreed" in parts else longest])


def _around(geometry: Geometry, strip: Strip, marks: Sequence[Mark]) -> Strip:
    """Return the part of a strip that characters take; they are as wide as high, at most."""
    widest = 0.5 * strip.span * LINE_HEIGHT / strip_width(geometry, strip, LINE_HEIGHT)
    margin = min(widest, 0.5 * (marks[-1].at - marks[0].at) / max(1, len(marks) - 1))
    first, last = marks[0].at - margin, marks[-1].at + margin
    return replace(strip, start=-last if strip.flipped else first, span=last - first)


def _confirms(placed: Placed, marks: Sequence[Mark]) -> bool:
    """Whether a reading is sure, and the same as one before."""
    name = [mark.char for mark in name_of(placed.marks)]
    return placed.line.sure and name == [mark.char for mark in marks]


def _read_until_sure(
    seal: SealViews, models: SealModels, part: Strip, views: Sequence[str]
) -> dict[str, Placed]:
    lines: dict[str, Placed] = {}
    for view in views:
        if not any_sure(lines):
            lines |= read_strips(seal, models, {f"{view} even": part})
    return lines
