"""Names on seals: the same from any start, nearly the same, or another company's."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sealq_audit.names import distinct
from sealq_audit.rules import load_rules

RULES = load_rules()
COMPARER = RULES.comparer
NEAR = RULES.thresholds.near_name.value

#: Characters of names that are in no group of the rules.
LETTERS = "北京南上海天津君和缘华信达商贸科技云山河东西中正明光远大观园样本贸易印刷物流"
PLAIN = "".join(
    each for each in dict.fromkeys(LETTERS) if each not in "".join(RULES.names.confusable.value)
)
CORES = st.text(PLAIN, min_size=4, max_size=12)
FORMS = st.sampled_from(["有限公司", "有限责任公司", "股份有限公司"])
NAMES = st.builds("{}{}".format, CORES, FORMS)


@given(NAMES, st.integers(0, 30))
def test_a_name_is_the_same_from_any_start_of_its_ring(name: str, start: int) -> None:
    at = start % len(name)
    assert COMPARER.same(name[at:] + name[:at], name)
    assert COMPARER.similarity(name[at:] + name[:at], name) == 1


@given(NAMES, st.data())
def test_a_name_with_one_other_character_is_never_the_same(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    other = data.draw(st.sampled_from(PLAIN).filter(lambda each: each != name[at]))
    changed = name[:at] + other + name[at + 1 :]
    assert not COMPARER.same(changed, name)
    assert COMPARER.similarity(changed, name) < 1


@given(NAMES, st.data())
def test_a_name_that_lost_a_character_is_near_and_not_the_same(
    name: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    dropped = name[:at] + name[at + 1 :]
    assert not COMPARER.same(dropped, name)
    assert NEAR <= COMPARER.similarity(dropped, name) < 1


@given(CORES, FORMS, FORMS)
def test_another_legal_form_is_another_company(core: str, one: str, other: str) -> None:
    assume(one != other)
    assert not COMPARER.same(core + one, core + other)
    assert COMPARER.similarity(core + one, core + other) < 1


@given(NAMES)
def test_width_brackets_spaces_and_punctuation_are_no_difference(name: str) -> None:
    written = f" （{name[:2]}）{name[2:5]}·{name[5:]}。"
    assert COMPARER.same(written, name)


@given(st.text(), st.text())
def test_whatever_is_compared_the_similarity_is_a_share_and_1_only_for_the_same(
    one: str, other: str
) -> None:
    similarity = COMPARER.similarity(one, other)
    assert 0 <= similarity <= 1
    assert (similarity == 1) == COMPARER.same(one, other)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("ACME Trading Co., Ltd.", "Acme trading CO.,LTD"),  # capitals, punctuation
        ("某某（北京）有限公司", "某某(北京)有限公司"),  # width of brackets
        ("大〇一饮食店", "大0一饮食店"),  # glyphs that nobody can tell apart
        ("Ｏ二一商贸有限公司", "0二一商贸有限公司"),  # the same, full width
    ],
)
def test_these_are_the_same_name(read: str, expected: str) -> None:
    assert COMPARER.same(read, expected)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("北京君和缘商贸有限公司", "南京君和缘商贸有限公司"),  # another city
        ("君和缘商贸有限责任公司", "君和缘商贸有限公司"),  # another legal form
        ("富土康科技有限公司", "富士康科技有限公司"),  # what forgers do
        ("君和缘商贸", "北京君和缘商贸有限公司"),  # a part
        ("有限公司北京君和缘", "北京君和缘商贸有限公司"),  # a part, from another start
    ],
)
def test_these_are_near_and_not_the_same(read: str, expected: str) -> None:
    assert not COMPARER.same(read, expected)
    near = COMPARER.similarity(read, expected) >= NEAR
    assert near or COMPARER.fragment(read, expected)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        # City, trade and legal form are what many names share.
        ("天津华信达商贸有限公司", "天津君和缘商贸有限公司"),
        ("上海华信达科技有限公司", "北京君和缘商贸有限公司"),
        ("有限公司", "北京君和缘商贸有限公司"),
        ("", "北京君和缘商贸有限公司"),
        ("。。", "北京君和缘商贸有限公司"),
    ],
)
def test_these_are_not_even_near(read: str, expected: str) -> None:
    assert COMPARER.similarity(read, expected) < NEAR
    assert not COMPARER.fragment(read, expected)


def test_a_short_name_turned_round_is_another_name() -> None:
    """海上 is no 上海: only a ring of some length can be told by its order alone."""
    assert not COMPARER.same("海上", "上海")


def test_names_that_are_alike_count_as_one_company() -> None:
    names = ["北京君和缘商贸有限公司", "南京君和缘商贸有限公司", "上海华信达科技有限公司"]
    assert distinct(names, COMPARER, NEAR) == [names[0], names[2]]
