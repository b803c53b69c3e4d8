"""What the careful reader saw on one seal. Plain values; nothing here computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: x right, y down, in pixels of the crop.
Point = tuple[float, float]

#: Characters and their probabilities.
Rivals = Mapping[str, float]

#: BGR, (h, w, 3).
Image = NDArray[np.uint8]

#: Where a text stands. `bottom`: along the bottom of the ring, upright there.
Place = Literal["ring", "inner", "bottom"]
Shape = Literal["round", "oval", "square", "rectangle", "diamond"]
Ink = Literal["red", "blue", "purple", "black"]


@dataclass(frozen=True)
class Candidate:
    """One reading of one text.

    Attributes:
        place: Where on the seal.
        text: As it is read.
        score: Mean probability of its characters, 0 to 1.
        polygon: Around the text, in crop pixels.
        source: Which way of looking gave it: `strip`, `strip ink`, `line`, `detector`, ...
        characters: Probability of each character of `text`.
        rivals: What else each of them may be, with its probability; empty where nothing is known.
    """

    place: Place
    text: str
    score: float
    polygon: tuple[Point, ...]
    source: str
    characters: tuple[float, ...]
    rivals: tuple[Rivals, ...] = ()


@dataclass(frozen=True)
class Geometry:
    """How a seal lies in its crop.

    Attributes:
        shape: What its outline is.
        centre: Of the outline.
        axes: Half axes of an ellipse, half sides of a rectangle, half diagonals of a diamond, in
            pixels. The first lies along `tilt`.
        tilt: Degrees counter-clockwise from the x axis to the first axis, in [-90, 90).
        band: Inner and outer edge of the ring's text, as shares of the way from centre to outline.
        rotation: Degrees counter-clockwise by which the seal stands off upright, in [-180, 180).
            None where nothing tells.
        fit: Share of the outline under which there is ink, 0 to 1.
    """

    shape: Shape
    centre: Point
    axes: tuple[float, float]
    tilt: float
    band: tuple[float, float] = (0.56, 0.92)
    rotation: float | None = None
    fit: float = 0.0


@dataclass(frozen=True)
class Observation:
    """All that was seen.

    Attributes:
        geometry: How the seal lies.
        ink: What it was stamped with; a grey scan leaves `black`.
        groups: One group per text, ring first; in each, the candidates for it, best first.
        passes: Runs of a model.
        seconds: All of it, models included.
        steps: Pictures of the way there, for `explain`: `mask`, `clean`, `sharp`.
    """

    geometry: Geometry
    ink: Ink
    groups: tuple[tuple[Candidate, ...], ...]
    passes: int
    seconds: float
    steps: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
