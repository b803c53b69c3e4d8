"""Random round and oval seals, as Chinese offices and companies have them cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sealbench import names
from sealbench.chance import between, digits, happens, pick, weighted
from sealbench.design import Arc, Bar, Design, Element, Emblem, Frame, Lettering, Line, Star
from sealbench.fonts import Split, faces
from sealbench.lettering import (
    any_lettering,
    latin_line,
    number_arc,
    owner_arc,
    straight,
    thin_lettering,
)
from sealbench.words import WORDS

#: Degrees of a name's arc from which on there is less room for anything below it.
_LONG_ARC = 215.0


def company_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a company's round seal: a ring, its name around the top, mostly a star."""
    diameter = weighted(rng, {40.0: 5.0, 42.0: 4.0, 38.0: 3.0, 45.0: 1.0, 36.0: 0.5, 30.0: 0.3})
    owner = owner_arc(rng, split, names.company(rng, split), diameter)
    purpose = pick(rng, WORDS["purposes"]) if happens(rng, 0.6) else ""
    elements = [*_frames(rng, diameter), owner, *_centre(rng, diameter, purpose)]
    elements += _purpose(rng, split, purpose, diameter, owner.sweep)
    if happens(rng, 0.5) and owner.sweep < _LONG_ARC + 30:
        elements.append(number_arc(rng, split, digits(rng, int(rng.integers(10, 15))), diameter))
    return Design("round", (diameter, diameter), tuple(elements))


def office_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a public body's round seal: larger, with a star or an emblem, and hardly a purpose."""
    diameter = pick(rng, (42.0, 44.0, 45.0, 50.0))
    owner = owner_arc(rng, split, names.office(rng, split), diameter)
    elements = [*_frames(rng, diameter), owner]
    if happens(rng, 0.3):
        elements.append(Emblem(0, diameter * between(rng, 0.13, 0.18), int(rng.integers(0, 3))))
    else:
        elements.append(Star(0, 0, diameter * between(rng, 0.14, 0.19)))
    if happens(rng, 0.3):
        text = f"业务专用章（{int(rng.integers(1, 9))}）"
        cut = thin_lettering(rng, split)
        elements.append(straight("purpose", text, diameter * 0.27, diameter * 0.55, cut))
    if happens(rng, 0.5):
        elements.append(number_arc(rng, split, digits(rng, 13), diameter))
    return Design("round", (diameter, diameter), tuple(elements))


def bilingual_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a round seal with a Latin ring outside and a Chinese one inside."""
    diameter = pick(rng, (40.0, 42.0, 45.0, 48.0))
    latin = names.latin_company(rng, split)
    letters = Lettering(pick(rng, faces(split).latin), diameter * 0.07, diameter * 0.07, 2)
    outer = Arc("owner", latin, (diameter * 0.415,) * 2, min(300.0, len(latin) * 9.5), letters)
    inner = owner_arc(rng, split, names.company(rng, split), diameter * 0.74)
    ring = (Frame(diameter * 0.15, 0.35),) if happens(rng, 0.5) else ()
    star = Star(0, -diameter * 0.01, diameter * 0.08)
    purpose = _purpose(rng, split, pick(rng, WORDS["purposes"]), diameter * 0.74, inner.sweep)
    elements = (*_frames(rng, diameter), *ring, outer, inner, star, *purpose)
    return Design("round", (diameter, diameter), elements)


#: Millimetres of a font's em whose figures are 3.7 mm high.
_FIGURES = 5.1


def invoice_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return an oval invoice seal, 40 x 30 mm: name around, tax number across, purpose below.

    The tax office says how high their characters are (announcement 7 of 2011): the purpose's 4.6 mm
    and 3 mm wide, the number's 3.7 mm and 1.3 mm wide.
    """
    size = (40.0, 30.0) if happens(rng, 0.8) else (45.0, 30.0)
    cut, latin = thin_lettering(rng, split), pick(rng, faces(split).latin)
    purpose = straight("purpose", "发票专用章", size[1] * 0.24, 17.5, cut, height=4.6)
    elements: list[Element] = [
        Frame(0, between(rng, 0.6, 1.1)),
        _oval_owner(rng, split, size),
        latin_line("code", names.tax_code(rng), 0.6, width=26.0, height=_FIGURES, face=latin),
        purpose,
    ]
    if happens(rng, 0.3):
        mark = f"（{int(rng.integers(1, 10))}）"
        elements.append(straight("number", mark, size[1] * 0.38, 6.0, cut, height=2.6))
    return Design("oval", size, tuple(elements))


def oval_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return an oval department's seal: a name around, a purpose across, a number below."""
    size = pick(rng, ((45.0, 30.0), (40.0, 28.0), (36.0, 26.0), (50.0, 36.0)))
    cut = thin_lettering(rng, split)
    purpose = straight("purpose", pick(rng, WORDS["purposes"]), size[1] * 0.1, size[0] * 0.55, cut)
    number = straight("number", f"（{int(rng.integers(1, 20))}）", size[1] * 0.28, 7.0, cut)
    centre = () if happens(rng, 0.5) else (Star(0, -size[1] * 0.12, size[1] * 0.1),)
    frame = Frame(0, between(rng, 0.6, 1.1))
    return Design("oval", size, (frame, _oval_owner(rng, split, size), *centre, purpose, number))


def foreign_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return an oval or round seal with Latin letters only."""
    shape = pick(rng, ("round", "oval"))
    size = (40.0, 40.0) if shape == "round" else (46.0, 32.0)
    name = names.latin_company(rng, split)
    cut = Lettering(pick(rng, faces(split).latin), 4.2, min(4.2, 76 / len(name)), 2)
    radii = (size[0] / 2 - 4, size[1] / 2 - 4)
    word = pick(rng, WORDS["latin_notes"])
    elements: list[Element] = [
        *_frames(rng, size[1]),
        Arc("owner", name, radii, min(300.0, 9.0 * len(name)), cut),
        latin_line("purpose", word, 0, width=size[0] * 0.62, height=3.4, face=cut.face),
    ]
    if happens(rng, 0.5):
        elements.append(Star(0, size[1] * 0.28, 2.2, hollow=happens(rng, 0.3)))
    if happens(rng, 0.5):
        elements.append(Frame(7.0, 0.35))
    return Design(shape, size, tuple(elements))


def dated_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a bank's round stamp: a band with the day across the middle."""
    diameter = between(rng, 28.0, 40.0)
    owner = owner_arc(rng, split, names.company(rng, split), diameter, longest=150.0)
    band = latin_line(
        "number",
        names.short_date(rng),
        0,
        width=diameter * 0.8,
        height=diameter * 0.13,
        face=pick(rng, faces(split).latin),
    )
    bars = (Bar(y * diameter, diameter * 0.96, 0.5) for y in (-0.11, 0.11))
    cut = any_lettering(rng, split)
    word = straight("purpose", pick(rng, WORDS["clerks"]), diameter * 0.25, diameter * 0.5, cut)
    elements = (*_frames(rng, diameter), owner, band, *bars, word)
    return Design("round", (diameter, diameter), elements)


def tax_mark(rng: np.random.Generator, split: Split) -> Design:
    """Return the tax bureau's mark that is printed on invoices: an oval with two rings."""
    cut = thin_lettering(rng, split)
    place = names.town(rng, split) + pick(rng, ("市", "", "市税务局"))
    ring = replace(cut, height=3.0, width=2.3)
    small = replace(cut, height=2.3, width=1.9)
    elements = (
        Frame(0, 0.7),
        Frame(1.1, 0.25),
        Arc("purpose", "全国统一发票监制章", (11.6, 6.9), 190, ring),
        straight("owner", place, 0.6, 12.0, cut, height=3.2),
        Arc("owner", "国家税务总局监制", (10.9, 6.4), -100, small),
    )
    return Design("oval", (30.0, 20.0), elements)


def _frames(rng: np.random.Generator, diameter: float) -> list[Element]:
    """Return one ring or two, as thick as a seal of this size has them, some with a gap."""
    outer = diameter * between(rng, 0.015, 0.035)
    gap = between(rng, 0.02, 0.12) if happens(rng, 0.12) else 0.0
    rings: list[Element] = [Frame(0, outer, gap)]
    if happens(rng, 0.22):
        rings.append(Frame(outer + diameter * 0.015, diameter * between(rng, 0.006, 0.012)))
    return rings


def _oval_owner(rng: np.random.Generator, split: Split, size: tuple[float, float]) -> Arc:
    """Return a name around the top of an oval."""
    owner = names.company(rng, split)
    cut = thin_lettering(rng, split)
    letters = replace(cut, height=between(rng, 3.8, 4.4), width=min(3.6, 62.0 / len(owner)))
    sweep = min(250.0, 60 + len(owner) * 13.0)
    return Arc("owner", owner, (size[0] / 2 - 4.2, size[1] / 2 - 4.2), sweep, letters)


def _centre(rng: np.random.Generator, diameter: float, purpose: str) -> list[Element]:
    """Return what stands in the middle: a star, an emblem or nothing."""
    y = -diameter * (0.03 if purpose else 0.0)
    kind = weighted(rng, {"star": 8.0, "hollow": 0.4, "emblem": 0.8, "none": 0.8})
    radius = diameter * between(rng, 0.11, 0.165)
    if kind == "emblem":
        return [Emblem(y, radius, int(rng.integers(0, 3)))]
    if kind == "none":
        return []
    return [Star(0, y, radius, hollow=kind == "hollow")]


def _purpose(
    rng: np.random.Generator, split: Split, text: str, diameter: float, sweep: float
) -> list[Arc | Line]:
    """Return the purpose below the centre: straight, seldom bent along the ring."""
    if not text:
        return []
    cut = thin_lettering(rng, split)
    roomy = sweep < _LONG_ARC
    if roomy and happens(rng, 0.15) and "（" not in text:
        size = diameter * 0.11
        letters = replace(cut, height=size, width=size * 0.9)
        radius = diameter * 0.44 - size / 2
        return [Arc("purpose", text, (radius, radius), -len(text) * 17.0, letters)]
    y = diameter * (between(rng, 0.19, 0.25) if roomy else 0.19)
    width = diameter * (0.56 if roomy else 0.42)
    return [straight("purpose", text, y, width, cut, height=diameter * 0.105)]
