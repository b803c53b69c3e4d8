"""Unified social credit codes: check digits, what is mended at once, what is only proposed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_worker.careful.credit_code import (
    ALPHABET,
    CONFUSIONS,
    check_digit,
    is_code_like,
    likeliest,
    normalised,
    organisation_digit,
    organisation_valid,
    parts,
    propose,
    valid,
)

#: Codes of companies that publish theirs, one with letters in its organisation code.
PUBLISHED = [
    "914403001922038216",
    "9144030071526726XG",
    "91330100799655058B",
    "91110000802100433B",
    "91350100M000100Y43",
]

REGIONS = st.text("0123456789", min_size=6, max_size=6)
BODIES = st.text(ALPHABET, min_size=8, max_size=8)


def code_of(region: str, body: str) -> str:
    """Return a code whose both check digits hold."""
    start = f"91{region}{body}{organisation_digit(body)}"
    return start + check_digit(start)


CODES = st.builds(code_of, REGIONS, BODIES)


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_codes_hold_both_check_digits(code: str) -> None:
    assert valid(code)
    assert organisation_valid(code)


@given(CODES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_a_code_with_one_wrong_character_never_holds(code: str, place: int, char: str) -> None:
    wrong = code[:place] + char + code[place + 1 :]
    assert valid(wrong) == (wrong == code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        PUBLISHED[0][:-1],  # one place short
        PUBLISHED[0] + "0",  # one too many
        "9144030019220382I6",  # I is never used
    ],
)
def test_what_is_no_18_places_of_the_alphabet_does_not_hold(code: str) -> None:
    assert not valid(code)


def test_an_old_tax_number_is_judged_by_its_organisation_code() -> None:
    assert organisation_valid("440300" + "192203821")
    assert not organisation_valid("440300" + "192203822")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("９１４４０３００１９２２０３８２１６", PUBLISHED[0]),  # full-width
        ("91440300 19220 38216", PUBLISHED[0]),  # set wide
        ("9144030071526726xg", PUBLISHED[1]),  # small letters
        ("9I44O3OOI922O382I6", PUBLISHED[0]),  # letters that codes never have
        ("91B40Q001922038216", "918400001922038216"),  # a region is digits only
        ("91350100M000100Y43", PUBLISHED[4]),  # a letter where letters may stand
        ("税号:440300192203821", "440300192203821"),  # words around it
    ],
)
def test_what_can_be_meant_in_one_way_only_is_mended_at_once(text: str, code: str) -> None:
    assert normalised(text) == code


def test_v_stays_because_it_is_like_several_letters() -> None:
    assert "V" in normalised("91350100V000100Y43")


@given(CODES, st.data())
def test_a_proposal_holds_both_check_digits_and_differs_in_one_usual_confusion(
    code: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, 17))
    wrong = normalised(code[:place] + data.draw(st.sampled_from(ALPHABET)) + code[place + 1 :])
    proposed = propose(wrong)
    if proposed is not None:
        assert valid(proposed)
        assert organisation_valid(proposed)
        [(read, meant)] = [pair for pair in zip(wrong, proposed, strict=True) if len({*pair}) == 2]
        assert any(read in group and meant in group for group in CONFUSIONS)


def test_one_usual_confusion_is_undone() -> None:
    assert propose("91350100M0D0100Y43") == PUBLISHED[4]


@pytest.mark.parametrize(
    "text", ["191350100M0D0100Y43", "91350100M0D0100Y43L", "191350100M0D0100Y431"]
)
def test_one_usual_confusion_is_undone_between_what_was_read_beside_a_code(text: str) -> None:
    assert propose(text) == PUBLISHED[4]


def test_the_parts_of_a_text_are_codes() -> None:
    """Letters in the region become digits wherever the code begins."""
    assert list(parts("1913501Q0M000100Y43")) == ["191350100M000100Y4", PUBLISHED[4]]
    assert list(parts("91350100M000100Y4")) == []


def test_a_code_that_holds_is_no_reason_for_another() -> None:
    """No single confusion leads from one good code to another."""
    assert [propose(code) for code in PUBLISHED] == [None] * len(PUBLISHED)


def test_nothing_is_proposed_where_two_codes_may_be_meant() -> None:
    ambiguous = next(
        wrong
        for body in map("{:08d}".format, range(10_000))
        for good in [code_of("440300", body)]
        for wrong in _misread(good)
        if len({other for other in _misread(wrong) if valid(other) and organisation_valid(other)})
        > 1
    )
    assert propose(ambiguous) is None


def _misread(code: str) -> list[str]:
    """Return the codes that differ in one character by a usual confusion."""
    return [
        code[:place] + other + code[place + 1 :]
        for place, char in enumerate(code)
        for group in CONFUSIONS
        if char in group
        for other in group
        if other != char
    ]


# The likeliest that holds.


def places(code: str, doubts: dict[int, dict[str, float]]) -> list[dict[str, float]]:
    """Return a code's places, each sure but for some."""
    return [doubts.get(number, {char: 0.99}) for number, char in enumerate(code)]


@given(CODES)
def test_a_code_that_holds_is_the_likeliest_of_itself(code: str) -> None:
    assert likeliest(places(code, {})) == code


def test_two_doubtful_places_are_told_by_the_check_digits() -> None:
    code = PUBLISHED[4]
    doubts = {10: {"D": 0.6, code[10]: 0.3, "Q": 0.05}, 15: {"V": 0.7, code[15]: 0.2}}
    assert likeliest(places(code, doubts)) == code


def test_what_is_right_may_be_the_third_choice() -> None:
    code = PUBLISHED[4]
    assert likeliest(places(code, {10: {"D": 0.5, "Q": 0.3, code[10]: 0.1}})) == code


def test_a_likelier_code_with_one_check_digit_alone_is_passed_over() -> None:
    code = PUBLISHED[4]
    start = code[:10] + "8" + code[11:17]
    other = check_digit(start)
    doubts = {10: {"8": 0.6, code[10]: 0.3}, 17: {other: 0.6, code[17]: 0.3}}
    assert valid(start + other)
    assert likeliest(places(code, doubts)) == code


@given(CODES, CODES)
def test_of_two_codes_that_hold_the_likelier_is_taken(one: str, other: str) -> None:
    sides = zip(one, other, strict=True)
    assert likeliest([{a: 0.6, b: 0.4} if a != b else {a: 1.0} for a, b in sides]) == one


@pytest.mark.parametrize("doubts", [{}, {3: {}}])
def test_where_none_holds_there_is_none(doubts: dict[int, dict[str, float]]) -> None:
    wrong = PUBLISHED[0][:-1] + "7"
    assert likeliest(places(wrong, doubts)) is None


@pytest.mark.parametrize(
    ("text", "like"),
    [
        (PUBLISHED[1], True),
        ("13位1234567890123", True),
        ("12345678", False),
        ("北京大学1234567", False),
    ],
)
def test_a_code_is_mostly_digits_and_capitals(text: str, *, like: bool) -> None:
    assert is_code_like(text) is like
