"""What happens to paper before and after print: patterns, colour, folds, holes, stains."""

from __future__ import annotations

import cv2
import numpy as np

from sealbench import geometry, names
from sealbench.chance import between, happens, pick
from sealbench.ink import clouds
from sealbench.sheet import Colour, Sheet
from sealbench.writer import Writer

#: Pale printing inks of backgrounds, BGR.
_PALE: tuple[Colour, ...] = (
    (220, 232, 246),
    (226, 240, 226),
    (242, 228, 222),
    (232, 228, 250),
    (228, 236, 236),
)
#: Strong inks of banners and pictures, BGR.
_STRONG: tuple[Colour, ...] = (
    (60, 50, 200),
    (170, 90, 30),
    (80, 150, 60),
    (60, 150, 230),
    (120, 110, 100),
)


def prepare(w: Writer) -> None:
    """Print a background on some sheets: waves of a security paper, slanting words, a banner."""
    if happens(w.rng, 0.12):
        _waves(w)
    if happens(w.rng, 0.08):
        _slanting_words(w)
    if happens(w.rng, 0.07):
        _banner(w)


def use(sheet: Sheet, rng: np.random.Generator) -> None:
    """Leave traces of use on some sheets: folds, holes, a staple, a stain."""
    if happens(rng, 0.15):
        _fold(sheet, rng)
    if happens(rng, 0.1):
        _holes(sheet, rng)
    if happens(rng, 0.06):
        _stain(sheet, rng)


def _waves(w: Writer) -> None:
    colour, (width, height) = pick(w.rng, _PALE), w.sheet.size
    step, period, depth = between(w.rng, 3, 8), between(w.rng, 12, 60), between(w.rng, 1, 5)
    x = np.arange(0, width, 2.0)
    wave = np.sin(x / period * 2 * np.pi) * depth
    for y in np.arange(0, height, step):
        w.sheet.curve(np.stack([x, y + wave], axis=1), 0.3, colour)


def _slanting_words(w: Writer) -> None:
    """Print the same words all over, pale, as copies are marked."""
    text, size = names.company(w.rng, w.split)[:8], between(w.rng, 6, 12)
    colour, (width, height) = pick(w.rng, _PALE), w.sheet.size
    for i, y in enumerate(np.arange(15, height, size * 4).tolist()):
        for x in np.arange(5 + 18 * (i % 3), width, size * 10).tolist():
            w.sheet.write((x, y), text, w.face, size, colour=colour)


def _banner(w: Writer) -> None:
    """Print a strip or a block of solid colour, such as letterheads and leaflets have."""
    colour, (width, height) = pick(w.rng, _STRONG), w.sheet.size
    if happens(w.rng, 0.5):
        low = between(w.rng, 4, 14)
        w.sheet.area(geometry.rectangle(0, 0, width, low), colour)
        return
    x, y = between(w.rng, 0.05, 0.6) * width, between(w.rng, 0.05, 0.6) * height
    wide, high = between(w.rng, 20, 60), between(w.rng, 15, 45)
    w.sheet.area(geometry.rectangle(x, y, x + wide, y + high), colour)


def _fold(sheet: Sheet, rng: np.random.Generator) -> None:
    """Darken a narrow line across the sheet and brighten its other side."""
    upright = happens(rng, 0.4)
    side = sheet.image.shape[1 if upright else 0]
    at = round(side * pick(rng, (1 / 3, 1 / 2, 2 / 3)) + rng.normal(0, 0.01) * side)
    reach = max(2, round(1.2 * sheet.scale))
    for start, gain in ((at - reach, between(rng, 0.86, 0.97)), (at, between(rng, 1.0, 1.04))):
        rows = slice(max(0, start), max(0, start + reach))
        strip = sheet.image[:, rows] if upright else sheet.image[rows]
        cv2.convertScaleAbs(strip, strip, alpha=gain)


def _holes(sheet: Sheet, rng: np.random.Generator) -> None:
    """Punch holes along the left edge; what lies behind shows dark or white."""
    colour: Colour = pick(rng, ((30, 30, 32), (90, 90, 95), (252, 252, 252)))
    x, middle = between(rng, 7, 13), sheet.size[1] / 2
    for offset in pick(rng, ((-40.0, 40.0), (-54.0, -14.0, 14.0, 54.0))):
        sheet.area(geometry.ellipse(2.9, 2.9) + np.array([x, middle + offset]), colour)


def _stain(sheet: Sheet, rng: np.random.Generator) -> None:
    """Spill something: a brownish blot with a soft edge."""
    side = round(between(rng, 15, 45) * sheet.scale)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    rim = 1 - np.hypot(x, y) + (clouds((side, side), side / 4, rng) - 0.5) * 0.6
    alpha = (np.clip(rim * 4, 0, 1) * between(rng, 20, 70)).astype(np.uint8)
    height, width = sheet.image.shape[:2]
    corner = (int(rng.integers(width)) - side // 2, int(rng.integers(height)) - side // 2)
    sheet.ink(alpha, pick(rng, ((60, 110, 160), (90, 130, 150), (120, 120, 120))), corner)
