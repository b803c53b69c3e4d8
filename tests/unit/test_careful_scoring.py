"""Readings of one text in several views: what they agree on is kept, and said how surely."""

from __future__ import annotations

import numpy as np
import pytest

from sealq_worker.careful.models import Recognised, padded_width, recognised
from sealq_worker.careful.observation import Candidate
from sealq_worker.careful.scoring import Mark, Placed, consensus, filled, marks_of, ranked

ALPHABET = ["blank", "甲", "乙", "丙", " "]


def marks(text: str, score: float = 0.9, off: float = 0.0) -> list[Mark]:
    return [Mark(0.1 + 0.1 * i + off, char, score) for i, char in enumerate(text)]


def line(*steps: tuple[int, float]) -> Recognised:
    """Return a line whose steps each have one class of that probability; the rest is blank."""
    matrix = np.zeros((len(steps), len(ALPHABET)), np.float32)
    for step, (index, probability) in enumerate(steps):
        matrix[step, 0] = 1 - probability
        matrix[step, index] += probability
    return recognised(matrix, ALPHABET)


def text_of(found: list[Mark]) -> str:
    return "".join(mark.char for mark in found)


def reading(text: str, score: float) -> Candidate:
    return Candidate("ring", text, score, (), "strip", (score,) * len(text))


def test_a_character_that_goes_on_is_one_and_a_blank_between_makes_two() -> None:
    found = line((1, 0.9), (1, 0.8), (0, 1.0), (1, 0.7), (2, 0.6))
    assert found.text == "甲甲乙"
    assert found.characters == pytest.approx((0.9, 0.7, 0.6))
    assert found.at == pytest.approx((0.1, 0.7, 0.9))


def test_a_line_of_blanks_has_no_text_and_no_score() -> None:
    found = line((0, 1.0), (0, 1.0))
    assert (found.text, found.score) == ("", 0.0)


def test_spaces_are_no_marks() -> None:
    found = marks_of(line((1, 0.9), (4, 0.9), (2, 0.9)), start=10.0, span=3.0)
    assert [(mark.char, mark.at) for mark in found] == [("甲", 10.5), ("乙", 12.5)]


def test_the_surer_views_win_a_disagreement() -> None:
    found = consensus([marks("甲乙", 0.9), marks("甲丙", 0.3), marks("甲丙", 0.4)])
    assert text_of(found) == "甲乙"


def test_disagreement_lowers_the_score_and_agreement_keeps_it() -> None:
    agreed, split = consensus([marks("甲乙", 0.9), marks("甲丙", 0.9)])
    assert agreed.score == pytest.approx(0.9)
    assert split.score == pytest.approx(0.45)


def test_a_character_that_most_views_lack_is_left_out() -> None:
    views = [marks("甲乙丙"), marks("甲乙"), marks("甲乙")]
    assert text_of(consensus(views)) == "甲乙"


def test_places_may_differ_by_less_than_half_a_pitch() -> None:
    assert text_of(consensus([marks("甲乙丙"), marks("甲乙丙", off=0.03)])) == "甲乙丙"


def test_views_that_see_nothing_count_against_the_score() -> None:
    [found] = consensus([marks("甲"), []])
    assert found.score == pytest.approx(0.45)


def test_a_gap_is_filled_with_what_is_likeliest_there() -> None:
    """Ten steps of one unit each; the second character is too faint for the recogniser itself."""
    steps = [(0, 1.0)] * 10
    for at, (index, probability) in {1: (1, 0.9), 3: (2, 0.3), 5: (3, 0.9), 7: (1, 0.9)}.items():
        steps[at] = (index, probability)
    seen = Placed(line(*steps), 0.0, 10.0)
    assert text_of(seen.marks) == "甲丙甲"
    found = filled(seen.marks, [seen])
    assert text_of(found) == "甲乙丙甲"
    assert found[1].score == pytest.approx(0.3)


def test_a_gap_in_which_nothing_is_seen_stays_one_and_lowers_the_score() -> None:
    steps = [(0, 1.0)] * 10
    for at, index in {1: 1, 5: 3, 7: 1}.items():
        steps[at] = (index, 0.9)
    seen = Placed(line(*steps), 0.0, 10.0)
    found = filled(seen.marks, [seen])
    assert text_of(found) == "甲丙甲"
    # The characters beside it are doubtful then.
    assert [mark.score for mark in found] == pytest.approx([0.45, 0.45, 0.9])


def test_the_text_that_views_repeat_comes_first() -> None:
    found = ranked([reading("甲", 0.9), reading("乙", 0.6), reading("乙", 0.7)])
    assert [(each.text, each.score) for each in found] == [("乙", 0.7), ("甲", 0.9)]


def test_empty_texts_are_no_candidates() -> None:
    assert ranked([reading("", 0.0)]) == ()


# PaddleX pads to 320 at least.
@pytest.mark.parametrize(("width", "padded"), [(100, 160), (320, 320), (700, 700), (9000, 3200)])
def test_only_short_lines_are_padded(width: int, padded: int) -> None:
    assert padded_width(np.zeros((48, width, 3), np.uint8)) == padded


class TestRivals:
    """What else a character may be is kept: a code's check digits or a word may tell."""

    CLASSES = ("blank", *"0123456789", "D", "口")

    def code(self, last: dict[str, float]) -> Recognised:
        """Return a line that reads 123456781, or something else in the end."""
        matrix = np.zeros((9, len(self.CLASSES)), np.float32)
        for step, char in enumerate("12345678"):
            matrix[step, self.CLASSES.index(char)] = 1
        for char, probability in last.items():
            matrix[8, self.CLASSES.index(char)] = probability
        return recognised(matrix, self.CLASSES)

    def test_all_characters_are_kept_but_the_one_that_was_read(self) -> None:
        *_, last = marks_of(self.code({"0": 0.6, "D": 0.3, "口": 0.1}))
        assert last.char == "0"
        assert last.rivals == {"D": pytest.approx(0.3), "口": pytest.approx(0.1)}

    def test_no_character_at_all_is_no_rival(self) -> None:
        *_, last = marks_of(self.code({"0": 0.6, "blank": 0.4}))
        assert last.rivals == {}

    def test_what_is_hardly_possible_is_not_kept(self) -> None:
        *_, last = marks_of(self.code({"0": 0.6, "D": 0.0001}))
        assert last.rivals == {}

    def test_views_agree_on_rivals_too(self) -> None:
        one = marks_of(self.code({"0": 0.5, "D": 0.4}))
        other = marks_of(self.code({"D": 0.7, "0": 0.1}))
        *_, last = consensus([one, other])
        assert last.char == "D"
        assert last.score == pytest.approx(0.55)
        assert last.rivals == {"0": pytest.approx(0.3)}
