"""What stands on a page of the bench: the truth that a reading is measured against.

Frame of everything here: the page image as delivered, origin top left, x right, y down, in pixels;
a pixel covers the square from its indices to its indices plus one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: x1, y1, x2, y2.
Box = tuple[float, float, float, float]
Polygon = tuple[tuple[float, float], ...]

#: Labels: a whole seal, part of one, a tax bureau's printed mark.
TRUE_SEAL, TRUE_CUT, TRUE_TAX_MARK = "seal", "cut", "tax_mark"


@dataclass(frozen=True)
class TextTruth:
    """A text of a seal.

    Attributes:
        role: `owner`, `purpose`, `code`, `number` or `name`.
        text: As it is read, from left to right or, in columns, from right to left.
        char_px: Height of a character in pixels.
    """

    role: str
    text: str
    char_px: float


@dataclass(frozen=True)
class SealTruth:
    """A seal, or what of it lies on this page.

    Attributes:
        seal_id: Shared by the fragments of one straddling seal.
        label: `seal` (whole), `cut` (part of it lies off the page) or `tax_mark` (printed).
        box: Around what is visible.
        polygon: The outline of what is visible.
        shape: `round`, `oval`, `square`, `rectangle` or `diamond`.
        ink: `red`, `blue`, `purple` or `black`, as stamped; a grey scan leaves only its brightness.
        rotation: Degrees counter-clockwise from upright, in [-180, 180).
        visible: Share of the seal's area on this page, 0 to 1.
        position: Of `plain`, `over_text`, `over_signature`, `overlapping`, `edge`, `straddling`.
        texts: All that is cut into the seal, visible on this page or not.
        flaws: Of `faint`, `patchy`, `worn`, `smudged`, `twice`: how it was pressed badly.
    """

    seal_id: str
    label: str
    box: Box
    polygon: Polygon
    shape: str
    ink: str
    rotation: float
    visible: float
    position: tuple[str, ...]
    texts: tuple[TextTruth, ...]
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True)
class DistractorTruth:
    """What looks like a seal and is none.

    Attributes:
        kind: `emblem`, `logo`, `red_heading`, `qr`, `postmark`, `fingerprint` or `star`.
        box: Around what is visible.
    """

    kind: str
    box: Box


@dataclass(frozen=True)
class PageTruth:
    """A page.

    Attributes:
        kind: `contract`, `invoice`, `certificate`, `receipt`, `table`, `letter`, `handwriting` or
            `blank`.
        capture: `scan`, `grey`, `fax` or `photo`.
        dpi: Resolution of the sheet; a photo's own differs by its perspective.
        paper: `white`, `grey`, `cream`, `yellow`, `pink`, `blue` or `green`.
        turn: 0, 90, 180 or 270 degrees counter-clockwise, by which the page was turned last.
        jpeg: Quality of the JPEG round trip that the pixels went through; None if there was none.
        width: Pixels.
        height: Pixels.
    """

    kind: str
    capture: str
    dpi: int
    paper: str
    turn: int
    jpeg: int | None
    width: int
    height: int
    seals: tuple[SealTruth, ...]
    distractors: tuple[DistractorTruth, ...]

    @property
    def whole_seals(self) -> tuple[SealTruth, ...]:
        """The whole seals on it."""
        return tuple(seal for seal in self.seals if seal.label == TRUE_SEAL)

    def to_json(self) -> dict[str, Any]:
        """Return the page as values that `json` writes."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PageTruth:
        """Return the page that `to_json` gave; keys that are no attribute are passed over.

        Raises:
            KeyError: An attribute is missing.
        """
        fields = {name: data[name] for name in cls.__dataclass_fields__}
        fields["seals"] = tuple(_seal(seal) for seal in data["seals"])
        fields["distractors"] = tuple(
            DistractorTruth(entry["kind"], _box(entry["box"])) for entry in data["distractors"]
        )
        return cls(**fields)


def _seal(data: Mapping[str, Any]) -> SealTruth:
    made = {
        "box": _box(data["box"]),
        "polygon": tuple((float(x), float(y)) for x, y in data["polygon"]),
        "position": tuple(data["position"]),
        "texts": tuple(TextTruth(**text) for text in data["texts"]),
        "flaws": tuple(data.get("flaws", ())),
    }
    return SealTruth(**{**data, **made})


def _box(values: tuple[float, ...] | list[float]) -> Box:
    x1, y1, x2, y2 = values
    return float(x1), float(y1), float(x2), float(y2)
