"""Seals cut again in other fonts say what they said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sealbench.design import Arc, Columns, Design, Lettering, Line, Star
from sealbench.fonts import faces
from sealbench.recut import characters_of, recut

OWN = Lettering(Path("own.ttf"), 4.0, 3.2, 1)
NAME = Arc("owner", "北京远大有限公司", (15.0, 15.0), 200.0, OWN)
PURPOSE = Line("purpose", "发票专用章", 5.0, 4.0, OWN)
NUMBER = Arc("number", "1234567890123", (17.0, 17.0), -70.0, OWN)
PERSON = Columns("name", ("王小", "明印"), (16.0, 16.0), OWN)
SEAL = Design("round", (40.0, 40.0), (Star(0, 0, 6), NAME, PURPOSE, NUMBER, PERSON))


@pytest.fixture(scope="module")
def fonts() -> tuple[Path, ...]:
    return faces("train").chinese


@pytest.fixture(scope="module")
def latin() -> Path:
    return faces("train").latin[0]


def test_a_seal_is_cut_in_one_font_and_its_figures_in_one_of_their_own(
    fonts: tuple[Path, ...], latin: Path
) -> None:
    seen = set()
    for seed in range(60):
        new = recut(SEAL, [*fonts, latin], np.random.default_rng(seed))
        star, *texts = new.elements
        name, purpose, number, person = (
            text for text in texts if isinstance(text, Arc | Line | Columns)
        )
        assert star == SEAL.elements[0]
        assert name.letters == purpose.letters == person.letters
        assert (name.letters.height, name.letters.width) == (OWN.height, OWN.width)
        seen.add((name.letters.face, number.letters.face))
    of_names, of_figures = (OWN.face, *fonts), (OWN.face, *fonts, latin)
    assert seen == {(name, figures) for name in of_names for figures in of_figures}


def test_a_font_that_lacks_a_character_is_not_taken(fonts: tuple[Path, ...], latin: Path) -> None:
    assert "京" not in characters_of(latin)
    name = Design("round", (40.0, 40.0), (NAME,))
    assert all(recut(name, [latin], np.random.default_rng(seed)) == name for seed in range(10))
    assert any(
        recut(name, [latin, fonts[0]], np.random.default_rng(seed)) != name for seed in range(10)
    )
