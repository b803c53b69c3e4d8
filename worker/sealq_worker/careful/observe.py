"""The careful reader's flow: from the crop of one seal to all that was seen on it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sealq_worker.careful import inner, ring
from sealq_worker.careful.band import text_band
from sealq_worker.careful.bottom import read_bottom
from sealq_worker.careful.lines import levelling, levelness
from sealq_worker.careful.models import Polygon, Recognised, SealModels
from sealq_worker.careful.observation import Candidate, Geometry, Image, Observation
from sealq_worker.careful.outline import family_of
from sealq_worker.careful.rectangle import read_block
from sealq_worker.careful.ring import RingText
from sealq_worker.careful.star import star_turn
from sealq_worker.careful.unwrap import Strip
from sealq_worker.careful.views import SealViews, look_at

Groups = list[tuple[Candidate, ...]]

#: How much sharper lines must stand out for the bottom's word to count more than the name's.
_CLEARLY = 1.3

#: Characters and score of a text along the bottom that is surely one.
_LONG, _SURE = 5, 0.8


def observe(crop: Image, models: SealModels) -> Observation:
    """Take one seal apart and read it.

    Args:
        crop: (h, w, 3) BGR; the seal fills it but for a margin.
        models: Detector and recogniser.
    """
    started = time.perf_counter()
    counted = _Counted(models)
    seal = look_at(crop)
    read = _read_round if family_of(seal.geometry) == "ellipse" else _read_straight
    groups, geometry = read(seal, counted)
    return Observation(
        geometry=geometry,
        ink=seal.picture.ink,
        groups=tuple(groups),
        passes=counted.passes,
        seconds=time.perf_counter() - started,
        steps={"mask": seal.picture.mask * 255, "clean": seal.clean, "sharp": seal.sharp},
    )


def _read_round(seal: SealViews, models: SealModels) -> tuple[Groups, Geometry]:
    name = ring.read_outer_name(seal, models)
    if name is None:
        return _read_unturned(seal, models), seal.geometry
    bottom = read_bottom(seal, models, name)
    second, along = _second_name(seal, models, name), [bottom] if bottom else []
    outer, inside = text_band(seal, name.strip)
    taken = [_taken(seal, text.strip, inside) for text in (name, *along)]
    taken += [text.strip for text in second]
    rotation = _rotation(seal, ring.surest([name, *second]), bottom, taken)
    name = ring.evened(seal, models, name, rotation)
    taken[0] = _taken(seal, name.strip, inside)
    upright = inner.turned_upright(seal, rotation, taken)
    groups = [text.candidates for text in (name, *second, *along)]
    latin = all(text.candidates[0].text.isascii() for text in (name, *second))
    groups += inner.read_inner(upright, models, latin=latin)
    return groups, replace(seal.geometry, rotation=rotation, band=(1 - inside, 1 - outer))


def _taken(seal: SealViews, strip: Strip, inside: float) -> Strip:
    """Return a text's part of the ring no deeper than the name goes: a line may begin there."""
    return replace(strip, inner=min(strip.inner, inside * seal.geometry.axes[1]))


def _rotation(
    seal: SealViews, name: RingText, bottom: RingText | None, taken: Sequence[Strip]
) -> float:
    """Return the rotation at which a star stands upright or else the inner lines lie level.

    The name's middle tells the top and the bottom's the bottom; of either a part may not have been
    read. The star makes it exact; the lines decide, too.
    """
    told = [ring.rotation_of(seal.geometry, name.middle)]
    if bottom is not None:
        told.append(ring.rotation_of(seal.geometry, (bottom.middle + 0.5) % 1.0))
    by_star = _rotation_by_star(seal, name, bottom, told, taken)
    if by_star is not None:
        return by_star
    best = (-1.0, told[0])
    for rotation in told:
        off, sharpness = levelling(inner.upright_ink(seal, rotation, taken))
        if sharpness > _CLEARLY * best[0]:
            best = sharpness, rotation - off
    return (best[1] + 180) % 360 - 180


def _rotation_by_star(
    seal: SealViews,
    name: RingText,
    bottom: RingText | None,
    told: Sequence[float],
    taken: Sequence[Strip],
) -> float | None:
    """Return the rotation at which a star stands upright; None where there is none.

    It does so in five ways. The name's middle tells which, unless part of it was not read: where
    the name would not stand evenly around the top, the inner lines tell, or what was surely read
    along the bottom.
    """
    off = star_turn(inner.upright_ink(seal, told[0], taken))
    if off is None:
        return None
    ways = [(told[0] - off + 72 * way + 180) % 360 - 180 for way in range(5)]
    turned = replace(seal.geometry, rotation=ways[0])
    if ring.off_top(turned, name.candidates[0]) < ring.UNEVEN / 2:
        return ways[0]
    level = [levelness(inner.upright_ink(seal, way, taken)) for way in ways]
    best = int(np.argmax(level))
    if level[best] > _CLEARLY * level[0]:
        return ways[best]
    sure = bottom is not None and _is_sure(bottom.candidates[0])
    return min(ways, key=lambda way: abs((way - told[-1] + 180) % 360 - 180)) if sure else ways[0]


def _is_sure(bottom: Candidate) -> bool:
    return len(bottom.text) >= _LONG and bottom.score >= _SURE


def _second_name(seal: SealViews, models: SealModels, name: RingText) -> list[RingText]:
    """Read the Chinese name that stands inside a Latin one."""
    if not ring.is_latin(name):
        return []
    second = ring.read_name(seal, models, ring.INNER_BAND)
    return [] if second is None else [second]


def _read_unturned(seal: SealViews, models: SealModels) -> Groups:
    """Read a seal on whose ring nothing is to be read, as it stands in the crop."""
    upright = inner.turned_upright(seal, 0.0, [])
    return inner.read_inner(upright, models)


def _read_straight(seal: SealViews, models: SealModels) -> tuple[Groups, Geometry]:
    reading = read_block(seal, models)
    return list(reading.groups), reading.geometry


@dataclass
class _Counted:
    """Models that count their runs."""

    models: SealModels
    passes: int = 0

    def detect(self, image: Image, side: int | None = None) -> list[Polygon]:
        self.passes += 1
        return self.models.detect(image, side)

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        self.passes += len(images)
        return self.models.recognise(images)
