"""What lies on a sheet, as plain values in the sheet's pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sealbench.design import Design
from sealbench.geometry import Points

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Seal:
    """A seal, whichever sheets it lies on.

    Attributes:
        seal_id: As in the truth.
        label: `seal` or `tax_mark`; whether it is cut is seen when the page is taken.
        design: What was cut.
        ink: Name of the colour.
        rotation: Degrees counter-clockwise.
        straddling: Whether its parts lie on several pages.
        flaws: As in the truth.
    """

    seal_id: str
    label: str
    design: Design
    ink: str
    rotation: float
    straddling: bool = False
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stamped:
    """A seal where it lies.

    Attributes:
        seal: What it is.
        centre: Where the plate's centre lies.
        outline: Around all of the seal, also where the sheet ends.
        part: What of it this sheet was meant to carry; all of it unless it straddles.
        habits: Of `over_text`, `over_signature`, `overlapping`.
    """

    seal: Seal
    centre: tuple[float, ...]
    outline: Points
    part: Points
    habits: tuple[str, ...]


@dataclass(frozen=True)
class Lookalike:
    """What looks like a seal and is none: its kind, and around what."""

    kind: str
    outline: Points


@dataclass(frozen=True)
class Print:
    """A printed line: its cells' upper left corner, its em in pixels, pixels between characters."""

    corner: tuple[int, int]
    text: str
    face: Path
    size: int
    colour: Colour
    gap: int


@dataclass(frozen=True)
class Curve:
    """A line through points, or, without a width, a filled polygon."""

    points: Points
    width: float | None
    colour: Colour


@dataclass(frozen=True)
class Inked:
    """Translucent ink: (h, w) uint8, its colour BGR, its upper left corner; whose seal it is."""

    alpha: NDArray[np.uint8]
    colour: Colour
    corner: tuple[int, ...]
    seal: Seal | None = None


Mark = Print | Curve | Inked
