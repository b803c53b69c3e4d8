"""Random square, rectangular and diamond stamps, and which kind of seal comes how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sealbench import names, recipes
from sealbench.chance import between, drawn, happens, pick, weighted
from sealbench.design import Columns, Design, Element, Frame
from sealbench.fonts import Split, faces
from sealbench.lettering import any_lettering, latin_line, straight
from sealbench.words import WORDS

Maker = Callable[[np.random.Generator, Split], Design]

#: Characters that fill a square by themselves.
_NAME = 3
#: Characters from which on a square seal has four columns.
_LONG = 14
#: Height in millimetres from which on a rectangular stamp has two lines.
_TWO_LINES = 16.0


def random_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a seal such as lie on contracts, invoices, vouchers and certificates."""
    return drawn(rng, SEALS, for_training=split == "train")(rng, split)


def random_straddling(rng: np.random.Generator, split: Split) -> Design:
    """Return a seal such as is used over the edges of several pages."""
    return weighted(rng, _STRADDLING)(rng, split)


def name_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a person's square seal: two columns, cut in relief or in reverse."""
    side = between(rng, 15.0, 25.0)
    text = names.person(rng, split)
    text += weighted(
        rng, {"印": 3.0, "之印": 2.0, "印章": 1.0, "": 2.0 if len(text) >= _NAME else 0.0}
    )
    cut = replace(any_lettering(rng, split), weight=int(rng.integers(1, 4)))
    reverse = happens(rng, 0.2)
    half = len(text) - len(text) // 2
    field = side - between(rng, 2.6, 4.0)
    block = Columns("name", (text[:half], text[half:]), (field, field), cut)
    frame = () if reverse else (Frame(0, between(rng, 0.5, 1.4), _gap(rng)),)
    return Design("square", (side, side), (*frame, block), between(rng, 0, 2), reverse)


def square_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a company's square seal: its name and purpose in columns."""
    side = between(rng, 22.0, 42.0)
    text = names.company(rng, split) + pick(rng, WORDS["purposes"])[:5]
    step = -(-len(text) // (3 if len(text) < _LONG else 4))
    columns = tuple(text[i : i + step] for i in range(0, len(text), step))
    field = side - between(rng, 3.0, 4.5)
    block = Columns("owner", columns, (field, field), any_lettering(rng, split))
    return Design("square", (side, side), (Frame(0, between(rng, 0.6, 1.3), _gap(rng)), block))


def note_stamp(rng: np.random.Generator, split: Split) -> Design:
    """Return a rectangular stamp: a note, on large ones with a company's name above."""
    width, height = between(rng, 32.0, 62.0), between(rng, 11.0, 24.0)
    cut, note = any_lettering(rng, split), pick(rng, WORDS["notes"])
    elements: list[Element] = [Frame(0, between(rng, 0.4, 1.2), _gap(rng))]
    if happens(rng, 0.25):
        elements.append(Frame(1.6, 0.4))
    if height > _TWO_LINES:
        owner = names.company(rng, split)
        elements.append(straight("owner", owner, -height * 0.2, width * 0.86, cut))
        low = straight("purpose", note, height * 0.2, width * 0.6, cut, height=height * 0.3)
        elements.append(low)
    else:
        elements.append(straight("purpose", note, 0, width * 0.84, cut, height=height * 0.62))
    return Design("rectangle", (width, height), tuple(elements), between(rng, 0, 2))


def person_strip(rng: np.random.Generator, split: Split) -> Design:
    """Return a clerk's rectangular name stamp, across or upright."""
    name, cut = names.person(rng, split), any_lettering(rng, split)
    frame = Frame(0, between(rng, 0.4, 0.9))
    if happens(rng, 0.3):
        return Design("rectangle", (9.0, 20.0), (frame, Columns("name", (name,), (6.4, 17.0), cut)))
    line = straight("name", name, 0, 18.0, cut, height=6.4)
    return Design("rectangle", (22.0, 10.0), (frame, line))


def diamond_seal(rng: np.random.Generator, split: Split) -> Design:
    """Return a diamond: inspectors and tellers have them."""
    width = between(rng, 26.0, 46.0)
    height = width * between(rng, 0.6, 1.0)
    word = pick(rng, WORDS["clerks"])
    cut = any_lettering(rng, split)
    elements: list[Element] = [
        Frame(0, between(rng, 0.5, 1.2)),
        straight("purpose", word, 0, width * 0.52, cut, height=height * 0.2),
    ]
    if happens(rng, 0.5):
        text = f"{int(rng.integers(1, 99)):02}"
        face = pick(rng, faces(split).latin)
        size = height * 0.15
        elements.append(
            latin_line("number", text, height * 0.24, width=width * 0.3, height=size, face=face)
        )
    return Design("diamond", (width, height), tuple(elements))


#: How often each kind of seal comes.
SEALS: Mapping[Maker, float] = {
    recipes.company_seal: 10.0,
    recipes.invoice_seal: 3.5,
    recipes.office_seal: 2.5,
    recipes.bilingual_seal: 1.2,
    recipes.foreign_seal: 1.2,
    recipes.oval_seal: 1.2,
    recipes.dated_seal: 1.5,
    name_seal: 3.0,
    square_seal: 1.5,
    note_stamp: 2.5,
    diamond_seal: 2.0,
    person_strip: 1.0,
}
_STRADDLING: Mapping[Maker, float] = {
    recipes.company_seal: 5.0,
    recipes.office_seal: 2.0,
    recipes.bilingual_seal: 1.0,
}


def _gap(rng: np.random.Generator) -> float:
    """Return the share of its frame that a stamp has lost."""
    return between(rng, 0.02, 0.12) if happens(rng, 0.15) else 0.0
