"""Seals cut again in another font: who teaches a recogniser may have fonts beside the bench's."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Return a seal with all its Chinese texts in one of some fonts, or as it was.

    Args:
        design: Of a seal.
        fonts: Font files; of a collection, the first font. Those that lack one of the seal's
            characters are not taken.
        rng: Says which.
    """
    needed = {char for element in design.elements for char in _chinese(element)}
    able = [font for font in fonts if needed <= characters_of(font)]
    if not able or happens(rng, _OWN):
        return design
    font = pick(rng, able)
    return replace(design, elements=tuple(_recut(element, font) for element in design.elements))


@lru_cache
def characters_of(font: Path) -> frozenset[str]:
    """Return the characters that a font draws."""
    with TTFont(font, fontNumber=0, lazy=True) as file:
        return frozenset(map(chr, file.getBestCmap()))


def _recut(element: Element, font: Path) -> Element:
    if isinstance(element, Arc | Line | Columns) and _chinese(element):
        return replace(element, letters=replace(element.letters, face=font))
    return element


def _chinese(element: Element) -> str:
    """Return an element's text if it is a Chinese one."""
    if isinstance(element, Columns):
        return "".join(element.columns)
    text = element.text if isinstance(element, Arc | Line) else ""
    return "" if text.isascii() else text
