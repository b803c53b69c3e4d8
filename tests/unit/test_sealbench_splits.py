"""The two splits have nothing in common that a model could learn by heart."""

from __future__ import annotations

import numpy as np

from sealbench import names
from sealbench.fonts import catalogue, face_names, faces
from sealbench.stamps import SEALS


def test_no_font_is_in_both_splits() -> None:
    assets = catalogue()
    train, held_out = (
        {assets[name].files[0].sha256 for name in face_names(split)}
        for split in ("train", "held_out")
    )
    assert not train & held_out


def test_each_split_has_two_chinese_fonts_and_each_writes_every_name() -> None:
    for split in ("train", "held_out"):
        own = faces(split)
        assert len(own.chinese) >= 2
        assert all(path.is_file() for path in (*own.chinese, *own.latin, *own.hand))


def test_no_company_office_or_person_is_in_both_splits() -> None:
    rng = np.random.default_rng(0)
    for maker in (names.company, names.office, names.latin_company, names.brand):
        train = {maker(rng, "train") for _ in range(3000)}
        held_out = {maker(rng, "held_out") for _ in range(3000)}
        assert not train & held_out, maker.__name__


def test_every_training_brand_has_a_character_that_no_held_out_brand_has() -> None:
    rng = np.random.default_rng(0)
    train = {names.brand(rng, "train") for _ in range(5000)}
    held_out = set("".join(names.brand(rng, "held_out") for _ in range(5000)))
    assert all(set(brand) - held_out for brand in train)
    assert len(held_out) > 1000


def test_training_brands_show_the_characters_of_both_splits() -> None:
    rng = np.random.default_rng(0)
    train = set("".join(names.brand(rng, "train") for _ in range(30_000)))
    held_out = set("".join(names.brand(rng, "held_out") for _ in range(5000)))
    assert len(train & held_out) > 0.9 * len(held_out)


def test_names_have_6_to_24_characters() -> None:
    rng = np.random.default_rng(0)
    lengths = {len(names.company(rng, "held_out")) for _ in range(5000)}
    assert min(lengths) >= 6
    assert 16 <= max(lengths) <= 24


def test_seals_come_in_every_shape() -> None:
    rng = np.random.default_rng(0)
    shapes = {maker(rng, "train").shape for maker in SEALS for _ in range(20)}
    assert shapes == {"round", "oval", "square", "rectangle", "diamond"}
