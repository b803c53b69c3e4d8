"""What is known of names in general mends what was read with doubt, and nothing else."""

from __future__ import annotations

import pytest
from looks import look

from sealq_worker.careful.name_words import distance, name_words, with_ending, with_place
from sealq_worker.careful.owners import names_somebody, weigh_names

WORDS = name_words()


def best(*texts: str, doubts: dict[int, float] | None = None) -> str:
    """Return the name that candidates speak for; doubts are those of the first."""
    first, *rest = texts
    group = [look(first, place="ring", doubts=doubts), *(look(text, place="ring") for text in rest)]
    return weigh_names(group)[0].text


@pytest.mark.parametrize(
    # What was read, the doubtful characters, the name that was meant.
    ("read", "doubts", "meant"),
    [
        ("由靖市蕊互网络科技有限公司", {0: 0.5}, "曲靖市蕊互网络科技有限公司"),
        ("江省辰楼物业管理有限公司", {0: 0.6}, "浙江省辰楼物业管理有限公司"),
        ("武汉市卫生健缘委员会", {6: 0.5}, "武汉市卫生健康委员会"),
        ("南阳市农业农村唱", {7: 0.5}, "南阳市农业农村局"),
        ("名称兰州市锐丰有限公司", {0: 0.5, 1: 0.5}, "兰州市锐丰有限公司"),
        ("山东锐丰机械制诰有限公司", {7: 0.4}, "山东锐丰机械制造有限公司"),
        ("海南锐丰有限公司一", {8: 0.7}, "海南锐丰有限公司"),
        ("泉州布财政局", {2: 0.5}, "泉州市财政局"),
        ("台州市虎飞有股责任公司", {6: 0.6}, "台州市虎飞有限责任公司"),
        ("DORRINCO..LTD", {9: 0.5}, "DORRINCO.,LTD"),
    ],
)
def test_a_doubtful_character_of_a_place_body_trade_or_form_is_mended(
    read: str, doubts: dict[int, float], meant: str
) -> None:
    assert best(read, doubts=doubts) == meant


@pytest.mark.parametrize(
    "name",
    # Like a place, a body or a trade, and clearly none of those known.
    ["曲清市锐丰有限公司", "海口市卫生健美委员会", "锐丰机械制售有限公司", "58同城有限公司"],
)
def test_a_clear_reading_stays(name: str) -> None:
    assert best(name) == name


def test_a_place_is_proposed_only_where_no_other_is_as_near() -> None:
    assert "曲靖市丰有限公司" in with_place("由靖市丰有限公司")
    assert list(with_place("X州市丰有限公司")) == []


def test_a_name_that_begins_with_a_whole_place_is_left_as_it_is() -> None:
    assert list(with_place("海口市丰有限公司")) == []


def test_a_city_may_lack_its_last_character_or_have_it_misread() -> None:
    assert list(with_place("泉州布财政局")) == ["泉州市财政局", "泉州市布财政局"]


def test_a_long_body_may_differ_in_more_characters_than_a_short_one() -> None:
    assert "佛山市人力资源和社会保障局" in with_ending("佛山市人力资源和健会保障品", WORDS.bodies)
    assert list(with_ending("佛山市民改品", WORDS.bodies)) == []


def test_no_place_stands_twice() -> None:
    assert len(WORDS.places) == len(set(WORDS.places))
    assert {"浙江省", "曲靖市", "曲靖", "内蒙古自治区"} <= set(WORDS.places)


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("海口", "海口", 0), ("海口", "海", 1), ("海关", "海口", 1), ("口海", "", 2)],
)
def test_a_distance_is_the_number_of_edits(a: str, b: str, edits: int) -> None:
    assert distance(a, b) == edits
    assert distance(b, a) == edits


@pytest.mark.parametrize(
    ("name", "somebody"),
    [
        ("工程有限公司", False),
        ("网络科技有限公司", False),
        ("有限公司", False),
        ("丰有限公司", False),
        ("锐丰有限公司", True),
        ("锐丰工程有限公司", True),
        ("上海汽车有限公司", True),  # a place and a trade are the whole name of some
        ("海口市公安局", True),
        ("DORRIN CO.,LTD.", True),
    ],
)
def test_a_trade_and_a_legal_form_alone_are_nobodys_name(name: str, *, somebody: bool) -> None:
    assert names_somebody(name) is somebody
