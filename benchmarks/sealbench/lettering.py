"""How texts are fitted into a seal."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from sealbench.chance import between, happens, pick
from sealbench.design import Arc, Lettering, Line
from sealbench.fonts import Split, faces

#: A Latin line's pitch as a share of its em: a capital M then just fits.
_LATIN_PITCH = 0.78


def thin_lettering(rng: np.random.Generator, split: Split) -> Lettering:
    """Return how names on rings are cut: mostly alike, slim, a little fat after years of use."""
    face = faces(split).chinese[0 if happens(rng, 0.75) else -1]
    return Lettering(face, 4.0, 3.2, int(rng.integers(1, 4)))


def any_lettering(rng: np.random.Generator, split: Split) -> Lettering:
    """Return how office stamps are cut: in any font, of any weight."""
    return Lettering(pick(rng, faces(split).chinese), 4.0, 4.0, int(rng.integers(0, 4)))


def owner_arc(
    rng: np.random.Generator,
    split: Split,
    owner: str,
    diameter: float,
    *,
    longest: float = 270.0,
) -> Arc:
    """Return a name around the top: long ones go further around, with narrower characters.

    Args:
        rng: Gives height, spacing and font.
        split: Whose fonts.
        owner: At least 2 characters.
        diameter: Of the ring, in mm.
        longest: Degrees that the arc may take.
    """
    cut = thin_lettering(rng, split)
    height = diameter * between(rng, 0.115, 0.14)
    radius = diameter * (0.5 - between(rng, 0.045, 0.065)) - height / 2
    sweep = min(longest, max(130.0, len(owner) * between(rng, 16.0, 26.0)))
    room = radius * math.radians(sweep) / (len(owner) - 1)
    width = min(height, room * between(rng, 0.82, 0.95))
    return Arc("owner", owner, (radius, radius), sweep, replace(cut, height=height, width=width))


def number_arc(rng: np.random.Generator, split: Split, number: str, diameter: float) -> Arc:
    """Return a seal's registered number along the bottom of its ring."""
    size = diameter * between(rng, 0.05, 0.065)
    letters = Lettering(pick(rng, faces(split).latin), size, size, 1)
    radius = diameter * 0.45 - size / 2
    return Arc("number", number, (radius, radius), -between(rng, 60, 85), letters)


def straight(
    role: str, text: str, y: float, width: float, cut: Lettering, *, height: float = 4.0
) -> Line:
    """Return a line that is no wider than there is room, its characters squeezed if need be."""
    pitch = min(height * 1.12, width / len(text))
    slim = replace(cut, height=height, width=min(height, pitch * 0.94))
    return Line(role, text, y, pitch, slim)


def latin_line(role: str, text: str, y: float, *, width: float, height: float, face: Path) -> Line:
    """Return a line of Latin letters or figures, at most so wide."""
    pitch = min(height * 0.75, width / len(text))
    return Line(role, text, y, pitch, Lettering(face, height, pitch / _LATIN_PITCH, 2))
