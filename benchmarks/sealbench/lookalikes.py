"""What looks like a seal and is none: emblems, logos, headings, codes, postmarks, thumbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import geometry, names
from sealbench.chance import between, happens, pick
from sealbench.design import Arc, Bar, Design, Frame, Lettering, Line, Star
from sealbench.fonts import faces
from sealbench.ink import Pressing, clouds, press
from sealbench.plate import cut
from sealbench.shapes import star_corners
from sealbench.sheet import Colour, Sheet
from sealbench.writer import Spot, Writer

#: Inks of printed devices, BGR.
_RED: Colour = (38, 30, 205)
_GOLD: Colour = (70, 195, 240)
_WHITE: Colour = (251, 251, 251)
_CAPITALS = "ABCDEFGHKMNPRSTX"
_LOGO_INKS: tuple[Colour, ...] = (
    (170, 90, 20),
    (60, 140, 40),
    (40, 40, 200),
    (30, 120, 230),
    (120, 40, 110),
    (90, 90, 90),
)


#: Millimetres that opaque print keeps from the tax mark's centre.
_AWAY = 36.0


def add_one(w: Writer) -> None:
    """Put something that looks like a seal somewhere on the sheet."""
    pick(w.rng, list(_MAKERS.values()))(w)


def emblem(sheet: Sheet, rng: np.random.Generator, at: Spot, size: float) -> None:
    """Print a state emblem's look: a red disc in a golden wreath, stars, a gate, a cog below."""
    radius = size / 2
    _disc(sheet, at, radius, _GOLD)
    _disc(sheet, at, radius * between(rng, 0.74, 0.84), _RED)
    for angle in np.linspace(0, 2 * np.pi, 26, endpoint=False):
        leaf = (at[0] + np.cos(angle) * radius * 0.93, at[1] + np.sin(angle) * radius * 0.93)
        _disc(sheet, leaf, radius * 0.09, pick(rng, (_GOLD, _RED)))
    _star(sheet, (at[0], at[1] - radius * 0.32), radius * 0.26, _GOLD)
    for x, y in ((-0.45, -0.2), (-0.22, 0.02), (0.22, 0.02), (0.45, -0.2)):
        _star(sheet, (at[0] + x * radius, at[1] + y * radius), radius * 0.11, _GOLD)
    for y, half, high in ((0.25, 0.4, 0.08), (0.4, 0.5, 0.1)):
        _block(sheet, at, radius, (y, half, high), _GOLD)
    _disc(sheet, (at[0], at[1] + radius * 0.85), radius * 0.22, _GOLD)
    _disc(sheet, (at[0], at[1] + radius * 0.85), radius * 0.1, _RED)
    _note(sheet, "emblem", at, radius * 1.07)


def qr_code(sheet: Sheet, rng: np.random.Generator, at: Spot, size: float) -> None:
    """Print a square code with its three finders."""
    count = int(rng.choice([25, 29, 33, 37]))
    modules = rng.choice(np.array([0, 255], np.uint8), (count, count))
    finder = np.pad(np.pad(np.full((3, 3), 255), 1), 1, constant_values=255)
    field = np.pad(finder, 1)[1:, 1:].astype(np.uint8)
    for turn, (y, x) in enumerate(((0, 0), (0, count - 8), (count - 8, 0))):
        flips = {0: field, 1: field[:, ::-1], 2: field[::-1]}
        modules[y : y + 8, x : x + 8] = flips[turn]
    side = max(count, round(size * sheet.scale))
    alpha: NDArray[np.uint8] = cv2.resize(
        modules, (side, side), interpolation=cv2.INTER_NEAREST
    ).astype(np.uint8)
    colour: Colour = pick(rng, ((30, 30, 30), (30, 30, 30), (40, 40, 190), (150, 60, 30)))
    corner = (round(at[0] * sheet.scale - side / 2), round(at[1] * sheet.scale - side / 2))
    sheet.ink(alpha, colour, corner)
    box = geometry.rectangle(corner[0], corner[1], corner[0] + side, corner[1] + side)
    sheet.note("qr", box / sheet.scale)


def logo(w: Writer) -> None:
    """Print a company's round logo: filled or ringed, one or two colours, a letter or a device."""
    at, radius = _corner(w), between(w.rng, 6, 17)
    first, second = pick(w.rng, _LOGO_INKS), pick(w.rng, _LOGO_INKS)
    style = int(w.rng.integers(4))
    if style == 0:
        _disc(w.sheet, at, radius, first)
        _disc(w.sheet, at, radius * 0.62, _WHITE)
        _star(w.sheet, at, radius * 0.5, second)
    elif style == 1:
        _disc(w.sheet, at, radius, first)
        _letter(w, at, radius * 1.2)
    elif style == 2:  # noqa: PLR2004
        for angle in np.linspace(0, 360, int(w.rng.integers(3, 8)), endpoint=False):
            petal = geometry.ellipse(radius * 0.5, radius * 0.2) + np.array([radius * 0.5, 0])
            w.sheet.area(geometry.moved(petal, geometry.turn(float(angle))) + at, first)
        _disc(w.sheet, at, radius * 0.25, second)
    else:
        _ring_logo(w, at, radius, first, second)
    _note(w.sheet, "logo", at, radius)


def red_heading(w: Writer) -> None:
    """Print the red head of an official paper: an office's name, a rule, at times a star in it."""
    width, y = w.sheet.size[0], between(w.rng, 14, 30)
    text = names.office(w.rng, w.split) + pick(w.rng, ("文件", "", "公报", "会议纪要"))
    size = min(14.0, width * 0.78 / len(text))
    wide = w.sheet.write((width / 2, y), text, w.bold, size, colour=_RED, anchor=0.5)
    rule = y + size * 1.1
    w.sheet.line((width * 0.1, rule), (width * 0.9, rule), 0.8, _RED)
    if happens(w.rng, 0.4):
        _star(w.sheet, (width / 2, rule), 3.0, _RED)
    box = geometry.rectangle(width / 2 - wide / 2, y - size * 0.6, width / 2 + wide / 2, rule)
    w.sheet.note("red_heading", box)


def postmark(w: Writer) -> None:
    """Press a post office's cancel: thin black circles, place and day, often wavy lines."""
    latin, face = pick(w.rng, faces(w.split).latin), w.face
    diameter, at = between(w.rng, 22, 30), _corner(w)
    place = names.town(w.rng, w.split)
    day = names.date(w.rng).replace("年", ".").replace("月", ".").replace("日", "")
    elements = (
        Frame(0, 0.5),
        Frame(diameter * 0.22, 0.3),
        Arc("", place + "邮局", (diameter * 0.39,) * 2, 90, Lettering(face, 3.2, 3.2, 1)),
        Bar(-2.6, diameter * 0.56, 0.25),
        Bar(2.6, diameter * 0.56, 0.25),
        Line("", day, 0, diameter * 0.045, Lettering(latin, 3.2, 2.6, 1)),
    )
    colour: Colour = pick(w.rng, ((50, 45, 45), (90, 60, 50), (60, 50, 60)))
    pressing = Pressing("black", colour, between(w.rng, 0.6, 0.9), 0.3, 0.3, 0.4)
    design = Design("round", (diameter, diameter), elements)
    impression = press(design, pressing, w.sheet.scale, between(w.rng, -40, 40), w.rng)
    height, wide = impression.alpha.shape
    x, y = round(at[0] * w.sheet.scale - wide / 2), round(at[1] * w.sheet.scale - height / 2)
    w.sheet.ink(impression.alpha, colour, (x, y))
    if happens(w.rng, 0.6):
        _waves(w, at, diameter, colour)
    _note(w.sheet, "postmark", at, diameter / 2)


def fingerprint(w: Writer) -> None:
    """Press a red thumb: an oval of curved ridges."""
    at, size = _anywhere(w), (between(w.rng, 12, 17), between(w.rng, 16, 22))
    width, height = (round(side * w.sheet.scale) for side in size)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    warp = clouds((height, width), height / 3, w.rng)
    ridges = np.sin((np.hypot(x * 0.8, y - 0.3) + warp * 0.35) * between(w.rng, 30, 42)) * 0.5 + 0.5
    inside = np.clip((1 - np.hypot(x, y)) * 6, 0, 1) * np.clip(warp * 2.2 - 0.2, 0, 1)
    alpha = (ridges * inside * 235).astype(np.uint8)
    corner = (round(at[0] * w.sheet.scale - width / 2), round(at[1] * w.sheet.scale - height / 2))
    w.sheet.ink(alpha, pick(w.rng, ((50, 40, 210), (60, 50, 190))), corner)
    middle = np.array(corner) + np.array([width, height]) / 2
    oval = geometry.ellipse(width / 2, height / 2) + middle
    w.sheet.note("fingerprint", oval / w.sheet.scale)


def red_star(w: Writer) -> None:
    """Print a red star by itself."""
    at, radius = _anywhere(w), between(w.rng, 3, 14)
    _star(w.sheet, at, radius, _RED)
    _note(w.sheet, "star", at, radius)


def _emblem(w: Writer) -> None:
    emblem(w.sheet, w.rng, pick(w.rng, (_corner, _corner, _anywhere))(w), between(w.rng, 14, 36))


def _qr_code(w: Writer) -> None:
    qr_code(w.sheet, w.rng, _corner(w), between(w.rng, 14, 30))


_MAKERS: Mapping[str, Callable[[Writer], None]] = {
    "emblem": _emblem,
    "logo": logo,
    "red_heading": red_heading,
    "qr": _qr_code,
    "postmark": postmark,
    "fingerprint": fingerprint,
    "star": red_star,
}


def _ring_logo(w: Writer, at: Spot, radius: float, first: Colour, second: Colour) -> None:
    """Print a school's kind of logo: a coloured ring with white names in it."""
    height = radius * 0.22
    letters = Lettering(w.latin, height, height, 1)
    latin = names.latin_company(w.rng, w.split)[:18]
    own = Lettering(w.face, height * 1.1, height * 1.1, 1)
    brand = names.brand(w.rng, w.split)
    ring = (radius * 0.82,) * 2
    elements = (
        Arc("", latin, ring, 11.0 * len(latin), letters),
        Arc("", brand, ring, -22.0 * len(brand), own),
    )
    design = Design("round", (2 * radius, 2 * radius), elements, reversed=True)
    alpha = cut(design, w.sheet.scale)
    corner = np.rint(np.array(at) * w.sheet.scale - np.array(alpha.shape[::-1]) / 2).astype(int)
    w.sheet.ink(alpha, first, (int(corner[0]), int(corner[1])))
    _disc(w.sheet, at, radius * 0.64, _WHITE)
    _star(w.sheet, at, radius * 0.4, second)


def _letter(w: Writer, at: Spot, height: float) -> None:
    # Ink only darkens: the letter stands on a white plate.
    half = height * 0.32
    w.sheet.area(geometry.rectangle(-half, -half, half, half) + at, _WHITE)
    w.sheet.write(at, pick(w.rng, _CAPITALS), w.latin, height / 2, anchor=0.5)


def _waves(w: Writer, at: Spot, diameter: float, colour: Colour) -> None:
    x = np.linspace(at[0] + diameter / 2, at[0] + diameter * 1.6, 60)
    for i in range(5):
        y = at[1] + (i - 2) * diameter * 0.15 + np.sin(x * 0.6) * 1.2
        w.sheet.curve(np.stack([x, y], axis=1), 0.4, colour)


def _disc(sheet: Sheet, at: tuple[float, float], radius: float, colour: Colour) -> None:
    sheet.area(geometry.ellipse(radius, radius) + at, colour)


def _star(sheet: Sheet, at: tuple[float, float], radius: float, colour: Colour) -> None:
    sheet.area(star_corners(Star(at[0], at[1], radius)), colour)


def _block(
    sheet: Sheet, at: Spot, radius: float, part: tuple[float, float, float], colour: Colour
) -> None:
    y, half, high = part
    box = geometry.rectangle(-half, y, half, y + high) * radius
    sheet.area(box + at, colour)


def _note(sheet: Sheet, kind: str, at: Spot, radius: float) -> None:
    sheet.note(kind, geometry.ellipse(radius, radius) + at)


def _corner(w: Writer) -> Spot:
    """Return where letterheads have their devices."""
    return _free(w, lambda: (pick(w.rng, (0.13, 0.5, 0.86)), pick(w.rng, (0.09, 0.09, 0.9))))


def _anywhere(w: Writer) -> Spot:
    return _free(w, lambda: (between(w.rng, 0.12, 0.88), between(w.rng, 0.12, 0.88)))


def _free(w: Writer, shares: Callable[[], tuple[float, float]]) -> Spot:
    """Return a place, drawn as shares of the sheet's sides, that is off the printed tax mark."""
    while True:
        x, y = shares()
        spot = (x * w.sheet.size[0], y * w.sheet.size[1])
        taken = [np.array(mark.centre) / w.sheet.scale for mark in w.sheet.stamped]
        if all(np.hypot(*(spot - centre)) > _AWAY for centre in taken):
            return spot
