"""Rules of the sheet: who sees little reads it (WCAG AA), and every colour has a name."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = files("sealq_web").joinpath("static", "sealq.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", CSS))
#: Of text, and of what else has to be seen: outlines, frames of controls (WCAG 2.2, 1.4.3, 1.4.11).
TEXT, MARK = 4.5, 3.0

#: What stands on what, and the least contrast. A row under the pointer stands on the panel.
PAIRS = [
    *[(text, ground, TEXT) for text in ("text", "faint", "link") for ground in ("ground", "panel")],
    *[("text", f"{name}-ground", TEXT) for name in ("good", "bad", "doubt")],
    *[(name, f"{name}-ground", TEXT) for name in ("good", "bad", "doubt", "link")],
    *[(name, ground, TEXT) for name in ("good", "bad", "doubt") for ground in ("ground", "panel")],
    ("ground", "text", TEXT),
    ("link", "good-ground", TEXT),
    ("button-text", "button", TEXT),
    ("control", "ground", MARK),
    ("focus", "ground", MARK),
    ("focus", "panel", MARK),
    ("seal-box", "ground", MARK),
    ("seal-line", "ground", MARK),
]


def luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_what_stands_on_a_ground_is_seen(front: str, ground: str, least: float) -> None:
    assert contrast(COLOURS[front], COLOURS[ground]) >= least


def test_every_colour_is_named_once_at_the_top() -> None:
    body = CSS.partition("}")[2]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?!\s*\{)", re.sub(r"#said", "", body)) == []
    assert set(re.findall(r"var\(--([\w-]+)\)", body)) == set(COLOURS)


def test_every_pair_of_text_and_ground_in_the_sheet_is_tested() -> None:
    """A rule that sets both names a pair that the list above has."""
    tested = {(front, ground) for front, ground, _ in PAIRS}
    for rule in re.findall(r"\{([^}]*)\}", CSS.partition("}")[2]):
        front = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", rule)
        ground = re.search(r"background: var\(--([\w-]+)\)", rule)
        if front and ground:
            assert (front[1], ground[1]) in tested, rule


def test_the_sheet_fetches_nothing() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS
