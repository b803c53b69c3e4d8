"""Stamps a sheet: which seals, how pressed, turned by how much, and where."""

from __future__ import annotations

import numpy as np

from sealbench import geometry, stamps
from sealbench.chance import between, digits, drawn, happens, weighted
from sealbench.design import Design
from sealbench.ink import Impression, press, random_pressing
from sealbench.marks import Seal
from sealbench.truth import Box
from sealbench.writer import Spot, Writer

#: Millimetres that a seal keeps from the sheet's edge unless it is cut by it.
_CLEAR = 1.0


def stamp_sheet(writer: Writer, spots: list[Spot], *, firm: bool) -> None:
    """Press 1 to 4 seals.

    Args:
        writer: Holds the sheet.
        spots: Where the form wants seals, in millimetres.
        firm: As `random_pressing` takes it.
    """
    rng = writer.rng
    for number in range(weighted(rng, {1: 5.0, 2: 3.0, 3: 1.0, 4: 0.6})):
        if happens(rng, 0.04):
            _stamp_fragment(writer, firm=firm)
        else:
            seal, impression = pressed(writer, stamps.random_seal(rng, writer.split), firm=firm)
            centre = _place(writer, spots, number, _box(impression, writer))
            writer.sheet.stamp(seal, impression, centre)


def pressed(
    writer: Writer, design: Design, *, firm: bool, straddling: bool = False
) -> tuple[Seal, Impression]:
    """Return a seal and its ink, for the scale of the writer's sheet."""
    rng = writer.rng
    pressing = random_pressing(rng, firm=firm, for_training=writer.split == "train")
    rotation = _rotation(rng)
    seal = Seal(digits(rng, 9), "seal", design, pressing.ink, rotation, straddling, pressing.flaws)
    return seal, press(design, pressing, writer.sheet.scale, rotation, rng)


def stamp_strip(
    writer: Writer,
    seal: Seal,
    impression: Impression,
    *,
    strip: tuple[float, float],
    side: str,
    height: float,
) -> None:
    """Press the piece of a straddling seal that falls on this sheet, at its right or left edge.

    Args:
        writer: Holds the sheet.
        seal: All of it.
        impression: All of it.
        strip: From where to where it touches this sheet, in millimetres right of its centre.
        side: `right` or `left`.
        height: Of the seal's centre, in millimetres.
    """
    x = writer.sheet.size[0] - strip[1] if side == "right" else -strip[0]
    writer.sheet.stamp(seal, impression, (x, height), strip)


def fanned_side(rng: np.random.Generator) -> str:
    """Return the edge over which pages are fanned: mostly the right one."""
    return weighted(rng, {"right": 5.0, "left": 1.0})


def extent(impression: Impression, writer: Writer) -> tuple[float, float]:
    """Return from where to where a seal reaches, in millimetres right of its centre."""
    x1, _, x2, _ = _box(impression, writer)
    return x1, x2


def _stamp_fragment(writer: Writer, *, firm: bool) -> None:
    """Press a piece of a seal whose other pieces lie on pages that are not here."""
    rng = writer.rng
    design = stamps.random_straddling(rng, writer.split)
    seal, impression = pressed(writer, design, firm=firm, straddling=True)
    left, right = extent(impression, writer)
    width = (right - left) * between(rng, 0.15, 0.6)
    start = between(rng, left, right - width)
    stamp_strip(
        writer,
        seal,
        impression,
        strip=(start, start + width),
        side=fanned_side(rng),
        height=between(rng, 0.2, 0.8) * writer.sheet.size[1],
    )


def _box(impression: Impression, writer: Writer) -> Box:
    return geometry.bounds(impression.outline / writer.sheet.scale)


def _rotation(rng: np.random.Generator) -> float:
    """Return degrees: mostly nearly upright, at times any, at times upside down."""
    how = weighted(rng, {"near": 6.0, "any": 2.5, "over": 0.8})
    if how == "near":
        return float(rng.normal(0, 9))
    return between(rng, -180, 180) if how == "any" else 180 + float(rng.normal(0, 8))


def _place(writer: Writer, spots: list[Spot], number: int, box: Box) -> Spot:
    """Return a centre in millimetres: where the form wants it, on another seal, anywhere, cut."""
    rng, (width, height) = writer.rng, writer.sheet.size
    stamped = writer.sheet.stamped
    ways = {"form": 6.0, "free": 2.5, "cut": 1.0, "near": 0.8 if stamped else 0.0}
    how = drawn(rng, ways, for_training=writer.split == "train")
    if how == "cut":
        return _over_the_edge(rng, (width, height), box)
    if how == "form" and number >= len(spots):
        how = "free"
    x, y = spots[min(number, len(spots) - 1)]
    if how == "near":
        last = stamped[-1].centre
        x, y = (at / writer.sheet.scale + between(rng, -26, 26) for at in last)
    if how == "free":
        x, y = between(rng, 0, width), between(rng, 0, height)
    x1, y1, x2, y2 = box
    return (
        _held(x, _CLEAR - x1, width - x2 - _CLEAR),
        _held(y, _CLEAR - y1, height - y2 - _CLEAR),
    )


def _held(value: float, low: float, high: float) -> float:
    return min(max(value, low), high) if low < high else (low + high) / 2


def _over_the_edge(rng: np.random.Generator, size: tuple[float, float], box: Box) -> Spot:
    """Return a centre from which 15 to 85 % of the seal's width or height lie off the sheet."""
    share = between(rng, 0.15, 0.85)
    side = weighted(rng, {"right": 4.0, "left": 2.0, "top": 1.0, "bottom": 1.5})
    wide, high = box[2] - box[0], box[3] - box[1]
    x, y = between(rng, 0.15, 0.85) * size[0], between(rng, 0.15, 0.85) * size[1]
    return {
        "right": (size[0] - box[0] - share * wide, y),
        "left": (-box[2] + share * wide, y),
        "top": (x, -box[3] + share * high),
        "bottom": (x, size[1] - box[1] - share * high),
    }[side]
