"""The careful reader's flow: from the crop of one seal to all that was seen on it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful import inner, ring
from sealq_worker.careful.band import text_band
from sealq_worker.careful.lines import levelling
from sealq_worker.careful.models import Polygon, Recognised, SealModels
from sealq_worker.careful.observation import Candidate, Geometry, Image, Observation
from sealq_worker.careful.outline import family_of
from sealq_worker.careful.rectangle import read_block
from sealq_worker.careful.ring import RingText
from sealq_worker.careful.unwrap import Strip, unwrapped
from sealq_worker.careful.views import SealViews, look_at

Groups = list[tuple[Candidate, ...]]

#: How much sharper lines must stand out for the bottom's word to count more than the name's.
_CLEARLY = 1.3

#: Pixels of a strip's height in the debug picture.
_SHOWN_HEIGHT = 64


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
        steps=_steps(replace(seal, geometry=geometry)),
    )


def _read_round(seal: SealViews, models: SealModels) -> tuple[Groups, Geometry]:
    name = ring.read_name(seal, models)
    if name is None:
        return _read_unturned(seal, models), seal.geometry
    bottom = ring.read_bottom(seal, models, name)
    texts = [name, *_second_name(seal, models, name), *([bottom] if bottom else [])]
    taken = [text.strip for text in texts]
    rotation = _rotation(seal, name, bottom, taken)
    upright = inner.turned_upright(seal, rotation, taken)
    groups = [text.candidates for text in texts]
    groups += inner.read_inner(upright, models)
    outer, inside = text_band(seal, name.strip)
    return groups, replace(seal.geometry, rotation=rotation, band=(1 - inside, 1 - outer))


def _rotation(
    seal: SealViews, name: RingText, bottom: RingText | None, taken: Sequence[Strip]
) -> float:
    """Return the rotation at which the inner lines lie level.

    The name's middle tells the top and the bottom's the bottom; of either a part may not have been
    read. The lines decide, and make it exact.
    """
    told = [ring.rotation_of(seal.geometry, name.middle)]
    if bottom is not None:
        told.append(ring.rotation_of(seal.geometry, (bottom.middle + 0.5) % 1.0))
    best = (-1.0, told[0])
    for rotation in told:
        off, sharpness = levelling(inner.turned_upright(seal, rotation, taken).ink)
        if sharpness > _CLEARLY * best[0]:
            best = sharpness, rotation - off
    return (best[1] + 180) % 360 - 180


def _second_name(seal: SealViews, models: SealModels, name: RingText) -> list[RingText]:
    """Read the Chinese name that stands inside a Latin one."""
    text = name.candidates[0].text
    if sum(char.isascii() for char in text) < 0.7 * len(text):
        return []
    second = ring.read_name(seal, models, ring.INNER_BAND)
    return [] if second is None else [second]


def _read_unturned(seal: SealViews, models: SealModels) -> Groups:
    """Read a seal on whose ring nothing is to be read, as it stands in the crop."""
    upright = inner.turned_upright(seal, 0.0, [])
    return inner.read_inner(upright, models)


def _read_straight(seal: SealViews, models: SealModels) -> tuple[Groups, Geometry]:
    reading = read_block(seal, models)
    return list(reading.groups), replace(seal.geometry, rotation=reading.rotation)


def _steps(seal: SealViews) -> dict[str, NDArray[np.uint8]]:
    steps = {"mask": (seal.picture.mask * 255).astype(np.uint8), "clean": seal.clean}
    if family_of(seal.geometry) == "ellipse":
        band = ring.OUTER_BAND
        cut = ring.find_cut(seal, band)
        short = seal.geometry.axes[1]
        strip = Strip(cut, 1.0, 0.0, band[1] * short)
        steps["strip"] = unwrapped(seal.sharp, seal.geometry, strip, _SHOWN_HEIGHT)
    return steps


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
