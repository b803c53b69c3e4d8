"""Stamped ink: how a mask comes out on paper."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import geometry, plate, shapes
from sealbench.chance import between, drawn, happens
from sealbench.design import Design
from sealbench.geometry import Points

#: Colour of ink that lies thick, BGR, and by how much each channel may differ.
_INKS = {
    "red": ((48, 38, 210), (40, 32, 32)),
    "blue": ((190, 85, 45), (50, 45, 40)),
    "purple": ((150, 50, 130), (40, 35, 35)),
    "black": ((50, 48, 48), (12, 12, 12)),
}
#: How often each comes in an archive.
_HOW_OFTEN = {"red": 8.0, "blue": 1.1, "purple": 0.7, "black": 0.7}


#: Strength below which a seal is faint; unevenness and wear from which on they are flaws.
_FAINT, _UNEVEN = 0.6, 0.3


@dataclass(frozen=True)
class Pressing:
    """How a seal is pressed.

    Attributes:
        ink: Name of the colour.
        colour: BGR where the ink lies thick.
        strength: Share of the light that thick ink takes, 0 to 1.
        patchy: How unevenly the plate meets the paper, 0 to 1.
        worn: How much of the plate takes no ink any more, 0 to 1.
        grain: How much the paper's grain shows, 0 to 1.
        second: Where a second touch of the same plate lies, in mm; None: it touched once.
        smudge: By which wet ink was dragged, in mm.
    """

    ink: str
    colour: tuple[int, int, int]
    strength: float
    patchy: float
    worn: float
    grain: float
    second: tuple[float, float] | None = None
    smudge: tuple[float, float] = (0.0, 0.0)

    @property
    def flaws(self) -> tuple[str, ...]:
        """What a reader may stumble over, as the truth names it."""
        found = {
            "faint": self.strength < _FAINT,
            "patchy": self.patchy > _UNEVEN,
            "worn": self.worn > _UNEVEN,
            "smudged": any(self.smudge),
            "twice": self.second is not None,
        }
        return tuple(name for name, there in found.items() if there)


@dataclass(frozen=True)
class Impression:
    """A seal's ink.

    Attributes:
        alpha: (h, w) uint8: how much ink, 255 is all; the seal's centre is its own.
        colour: BGR of thick ink.
        outline: Around the ink, in pixels from the centre.
    """

    alpha: NDArray[np.uint8]
    colour: tuple[int, int, int]
    outline: Points


def random_pressing(
    rng: np.random.Generator, *, firm: bool = False, for_training: bool = False
) -> Pressing:
    """Return a way of pressing: mostly red, clean and a little uneven.

    Args:
        rng: Source.
        firm: Without the faint and the badly worn: a fax would leave nothing of them.
        for_training: As `chance.drawn` takes it.
    """
    ink = drawn(rng, _HOW_OFTEN, for_training=for_training)
    base, spread = _INKS[ink]
    colour = [round(between(rng, b - s, b + s)) for b, s in zip(base, spread, strict=True)]
    faint = happens(rng, 0.12) and not firm
    slip = (between(rng, -1.6, 1.6), between(rng, -1.6, 1.6))
    return Pressing(
        ink,
        (max(0, colour[0]), max(0, colour[1]), min(255, colour[2])),
        between(rng, 0.3, 0.55) if faint else between(rng, 0.7, 1.0),
        between(rng, 0, 0.5 if firm else 0.85) ** 2,
        between(rng, 0, 0.5 if firm else 0.8) ** 2,
        between(rng, 0, 0.6),
        slip if happens(rng, 0.05) else None,
        slip if happens(rng, 0.05) else (0.0, 0.0),
    )


def plain_pressing(ink: str = "red") -> Pressing:
    """Return the perfect way of pressing: every point of the plate, full colour."""
    return Pressing(ink, _INKS[ink][0], 1.0, 0.0, 0.0, 0.0)


def press(
    design: Design, pressing: Pressing, scale: float, rotation: float, rng: np.random.Generator
) -> Impression:
    """Ink a plate and press it.

    Args:
        design: The plate.
        pressing: How it is pressed.
        scale: Pixels per millimetre.
        rotation: Degrees counter-clockwise.
        rng: Gives stains and specks.
    """
    mask = _turned(plate.cut(design, scale), rotation)
    alpha = _inked(mask, pressing, scale, rng)
    edge = geometry.moved(shapes.outline(design) * scale, geometry.turn(rotation))
    if pressing.second is not None:
        alpha, edge = _touched_twice(alpha, edge, np.array(pressing.second) * scale)
    if any(pressing.smudge):
        alpha, edge = _smudged(alpha, edge, np.array(pressing.smudge) * scale)
    return Impression(alpha, pressing.colour, edge)


def _turned(mask: NDArray[np.uint8], rotation: float) -> NDArray[np.uint8]:
    """Return the mask, turned about its centre, on as much ground as that takes."""
    height, width = mask.shape
    corners = geometry.rectangle(-width / 2, -height / 2, width / 2, height / 2)
    reach = np.abs(geometry.moved(corners, geometry.turn(rotation))).max(axis=0)
    size = [2 * int(np.ceil(side)) for side in reach]
    matrix = (
        geometry.shift(size[0] / 2 - 0.5, size[1] / 2 - 0.5)
        @ geometry.turn(rotation)
        @ geometry.shift(0.5 - width / 2, 0.5 - height / 2)
    )
    turned: NDArray[np.uint8] = cv2.warpAffine(
        mask, matrix[:2], (size[0], size[1]), flags=cv2.INTER_LINEAR
    ).astype(np.uint8)
    return turned


def _inked(
    mask: NDArray[np.uint8], pressing: Pressing, scale: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    shape = (mask.shape[0], mask.shape[1])
    ink = mask.astype(np.float32) * pressing.strength
    if pressing.patchy:
        ink *= 1 - pressing.patchy * np.clip(clouds(shape, 12 * scale, rng) * 1.6 - 0.5, 0, 1)
    if pressing.worn:
        specks = clouds(shape, 0.5 * scale, rng) + 0.5 * clouds(shape, 4 * scale, rng)
        ink *= np.clip((specks - 0.75 * pressing.worn) * 6, 0, 1)
    if pressing.grain:
        ink *= 1 - pressing.grain * clouds(shape, 0.25 * scale, rng)
    return np.clip(ink, 0, 255).astype(np.uint8)


def clouds(shape: tuple[int, int], grain: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return smooth noise of 0 to 1.

    Args:
        shape: Height and width.
        grain: Size of a patch, in pixels.
        rng: Source.
    """
    grain = max(1.0, grain)
    small = [max(2, round(side / grain) + 1) for side in shape]
    field = rng.random(small, dtype=np.float32)
    smooth: NDArray[np.float32] = cv2.resize(
        field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR
    ).astype(np.float32)
    return smooth


def _touched_twice(
    alpha: NDArray[np.uint8], edge: Points, by: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], Points]:
    """Add a weaker second touch."""
    again = _slid(alpha, by)
    alpha = np.maximum(alpha, cv2.convertScaleAbs(again, alpha=0.45).astype(np.uint8))
    return alpha, geometry.hull(np.concatenate([edge, edge + by]))


def _smudged(
    alpha: NDArray[np.uint8], edge: Points, by: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], Points]:
    """Drag the ink along a short way, paler and paler."""
    dragged = alpha.astype(np.float32)
    steps = max(1, round(float(np.hypot(*by))))
    for step in range(1, steps + 1):
        trail = _slid(alpha, by * step / steps)
        dragged = np.maximum(dragged, trail * np.float32(0.55 * (1 - step / (steps + 1))))
    return dragged.astype(np.uint8), geometry.hull(np.concatenate([edge, edge + by]))


def _slid(alpha: NDArray[np.uint8], by: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the ink moved by (x, y) pixels."""
    size = (alpha.shape[1], alpha.shape[0])
    return cv2.warpAffine(alpha, geometry.shift(by[0], by[1])[:2], size).astype(np.uint8)
