"""What is cut into a seal's plate: plain values, in millimetres from the seal's centre, y down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Lettering:
    """How characters are cut.

    Attributes:
        face: Font file.
        height: Of the em square.
        width: To which the em square is squeezed or stretched.
        weight: By which strokes are thickened on either side, hundredths of the em.
    """

    face: Path
    height: float
    width: float
    weight: int


@dataclass(frozen=True)
class Frame:
    """An outline parallel to the seal's edge.

    Attributes:
        inset: From the seal's edge to the outline's.
        width: Thickness.
        gap: Share of it that is not there: stamps in the office have lost parts of their ring.
    """

    inset: float
    width: float
    gap: float = 0.0


@dataclass(frozen=True)
class Star:
    """A five-pointed star.

    Attributes:
        x: Of its centre.
        y: Of its centre.
        radius: Of its points.
        hollow: Only its outline is cut.
    """

    x: float
    y: float
    radius: float
    hollow: bool = False


@dataclass(frozen=True)
class Emblem:
    """A round device in the centre: rings, rays and small stars.

    Attributes:
        y: Of its centre.
        radius: Of its outer edge.
        kind: Which of a few devices.
    """

    y: float
    radius: float
    kind: int


@dataclass(frozen=True)
class Bar:
    """A straight line across.

    Attributes:
        y: Height at which it lies.
        length: From end to end.
        width: Thickness.
    """

    y: float
    length: float
    width: float


@dataclass(frozen=True)
class Arc:
    """A text along an ellipse.

    Attributes:
        role: As in the truth; empty for ornament that nobody reads.
        text: From left to right.
        radii: Half axes on which the characters' centres lie.
        sweep: Degrees from the first to the last; negative: along the bottom, feet outward.
        letters: How it is cut.
    """

    role: str
    text: str
    radii: tuple[float, float]
    sweep: float
    letters: Lettering


@dataclass(frozen=True)
class Line:
    """A straight text.

    Attributes:
        role: As in the truth; empty for ornament that nobody reads.
        text: From left to right, centred on the seal's middle.
        y: Height of the characters' centres.
        pitch: From one character to the next.
        letters: How it is cut.
    """

    role: str
    text: str
    y: float
    pitch: float
    letters: Lettering


@dataclass(frozen=True)
class Columns:
    """Characters in columns from the right, as names are cut.

    Attributes:
        role: As in the truth.
        columns: One text per column, the right one first.
        size: Width and height of the field that they fill.
        letters: Font and weight; the field gives the size.
    """

    role: str
    columns: tuple[str, ...]
    size: tuple[float, float]
    letters: Lettering


Element = Frame | Star | Emblem | Bar | Arc | Line | Columns


@dataclass(frozen=True)
class Design:
    """A seal's plate.

    Attributes:
        shape: `round`, `oval`, `square`, `rectangle` or `diamond`.
        size: Width and height of its bounding box.
        elements: What is cut.
        corner: Radius of rounded corners.
        reversed: Cut in reverse: the ground takes the ink, the characters stay white.
    """

    shape: str
    size: tuple[float, float]
    elements: tuple[Element, ...]
    corner: float = 0.0
    reversed: bool = False
