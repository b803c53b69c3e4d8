"""What on a ring is its name, where it may be cut, and which way up the seal is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looks import look

from sealq_worker.careful.around import widest_gap
from sealq_worker.careful.band import text_rows
from sealq_worker.careful.naming import heaviest, name_of
from sealq_worker.careful.observation import Geometry
from sealq_worker.careful.ring import RingText, rotation_of, surest
from sealq_worker.careful.scoring import Mark
from sealq_worker.careful.unwrap import Strip

#: `along` of an upright round seal's top.
TOP = 0.75


def marks(text: str, *, start: float = 0.1, pitch: float = 0.05, score: float = 0.9) -> list[Mark]:
    return [Mark(start + i * pitch, char, score) for i, char in enumerate(text)]


def text_of(found: list[Mark]) -> str:
    return "".join(mark.char for mark in found)


@given(start=st.integers(0, 199), length=st.integers(30, 120))
def test_a_ring_is_cut_in_the_middle_of_its_widest_gap(start: int, length: int) -> None:
    ink = np.full(200, 0.3)
    ink[60:64] = 0
    ink[(start + np.arange(length)) % 200] = 0
    middle = (start + length / 2) / 200 % 1
    # The narrow gap may join the wide one.
    off = abs((widest_gap(ink) - middle + 0.5) % 1 - 0.5)
    assert off < 0.05


@given(shift=st.integers(0, 199))
def test_turning_the_ring_moves_the_cut_along(shift: int) -> None:
    ink = np.full(200, 0.3)
    ink[20:60] = 0
    moved = widest_gap(np.roll(ink, shift))
    assert (moved - widest_gap(ink)) % 1 == pytest.approx(shift / 200, abs=0.006)


def test_an_empty_ring_may_be_cut_anywhere() -> None:
    assert widest_gap(np.zeros(100)) == 0.0


def test_the_bottoms_number_upside_down_is_no_part_of_the_name() -> None:
    read = [*marks("8106", start=0.02, pitch=0.02), *marks("焦作市人民法院", start=0.2)]
    assert text_of(name_of(read)) == "焦作市人民法院"


def test_a_single_figure_in_a_name_stays() -> None:
    assert text_of(name_of(marks("六安第3中学"))) == "六安第3中学"


def test_a_figure_at_the_end_of_a_chinese_name_is_the_numbers() -> None:
    assert text_of(name_of(marks("1海口海关"))) == "海口海关"


def test_a_ring_of_figures_alone_has_them_as_its_name() -> None:
    assert text_of(name_of(marks("12345678"))) == "12345678"


def test_doubtful_characters_at_the_ends_are_dropped() -> None:
    read = [
        *marks("口", score=0.1),
        *marks("海口海关", start=0.15),
        *marks("一", start=0.4, score=0.1),
    ]
    assert text_of(name_of(read)) == "海口海关"


def test_a_doubtful_character_within_a_name_is_kept() -> None:
    read = marks("海口海关")
    read[1] = Mark(read[1].at, "曰", 0.1)
    assert text_of(name_of(read)) == "海曰海关"


def test_a_wide_gap_ends_the_name() -> None:
    read = [*marks("东莞市鼎钧家具厂", start=0.1), *marks("收讫", start=0.8)]
    assert text_of(name_of(read)) == "东莞市鼎钧家具厂"


def test_nothing_read_is_no_name() -> None:
    assert name_of([]) == []
    assert heaviest([]) == []


def test_of_two_names_the_surer_one_is_taken_for_whole_not_the_longer_one() -> None:
    part = Strip(0.0, 0.3, 0.0, 10.0)
    latin = RingText((look("KADOR TRADING CO.", sure=0.87, place="ring"),), part)
    chinese = RingText((look("某某有限公司", sure=0.99, place="ring"),), part)
    assert surest([latin, chinese]) is chinese


@pytest.mark.parametrize(
    # Where the name's middle stands, clockwise from the right: the seal's turn, counter-clockwise.
    ("middle", "rotation"),
    [(TOP, 0), (0.5, 90), (0.0, -90), (0.625, 45)],
)
def test_a_round_seals_top_is_the_middle_of_its_name(middle: float, rotation: float) -> None:
    seal = Geometry("round", (50.0, 50.0), (40.0, 40.0), 0.0)
    assert rotation_of(seal, middle) == pytest.approx(rotation, abs=0.5)


def test_an_oval_seal_lies_along_its_first_axis() -> None:
    """Its name's middle, off by some degrees, only says which of the two long sides is the top."""
    seal = Geometry("oval", (50.0, 50.0), (40.0, 28.0), 20.0)
    assert rotation_of(seal, TOP + 0.03) == pytest.approx(20)
    assert rotation_of(seal, 0.25) == pytest.approx(-160)


def test_a_text_takes_the_rows_around_its_middle_as_far_as_there_is_ink() -> None:
    profile = np.zeros(100)
    profile[5:10] = 0.9  # the frame
    profile[20:60] = 0.3
    assert text_rows(profile, 16, 66) == (20, 60)
