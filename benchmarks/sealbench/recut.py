"""Seals cut again in another font: who teaches a recogniser may have fonts beside the bench's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont

from sealbench.chance import happens, pick
from sealbench.design import Arc, Columns, Design, Element, Line

#: Share of seals that keep the bench's own font.
_OWN = 0.25


def recut(design: Design, fonts: Sequence[Path], rng: np.random.Generator) -> Design:
    """Return a seal with its Chinese texts in one of some fonts and its Latin ones in another.

    Either may stay as it was.

    Args:
        design: Of a seal.
        fonts: Font files; of a collection, the first font. Those that lack one of the characters
            are not taken.
        rng: Says which.
    """
    for texts in (_chinese, _latin):
        design = _recut(design, texts, fonts, rng)
    return design


@lru_cache
def characters_of(font: Path) -> frozenset[str]:
    """Return the characters that a font draws."""
    with TTFont(font, fontNumber=0, lazy=True) as file:
        return frozenset(map(chr, file.getBestCmap()))


def _recut(
    design: Design,
    text_of: Callable[[Element], str],
    fonts: Sequence[Path],
    rng: np.random.Generator,
) -> Design:
    """Cut all elements again that have a text of a kind."""
    needed = {char for element in design.elements for char in text_of(element)}
    able = [font for font in fonts if needed <= characters_of(font)]
    if not needed or not able or happens(rng, _OWN):
        return design
    font = pick(rng, able)
    return replace(
        design,
        elements=tuple(
            _with_face(element, font) if text_of(element) else element
            for element in design.elements
        ),
    )


def _with_face(element: Element, font: Path) -> Element:
    if isinstance(element, Arc | Line | Columns):
        return replace(element, letters=replace(element.letters, face=font))
    return element


def _chinese(element: Element) -> str:
    """Return an element's text if it is a Chinese one."""
    text = _text(element)
    return "" if text.isascii() else text


def _latin(element: Element) -> str:
    """Return an element's text if it is a Latin one, or of figures."""
    text = _text(element)
    return text if text.isascii() else ""


def _text(element: Element) -> str:
    if isinstance(element, Columns):
        return "".join(element.columns)
    return element.text if isinstance(element, Arc | Line) else ""
