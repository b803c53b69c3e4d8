"""What is known of names in general mends what was read with doubt, and nothing else."""

from __future__ import annotations

import pytest
from looks import look

from sealq_worker.careful.looks import Look
from sealq_worker.careful.meant import Guess, WordTable, guesses, names_meant
from sealq_worker.careful.name_words import distance, name_words
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
        ("欧途骏茶业经莲部", {6: 0.4}, "欧途骏茶业经营部"),
        ("BEXFINLLGISTICSCO.,LTD", {7: 0.5}, "BEXFINLOGISTICSCO.,LTD"),
    ],
)
def test_a_doubtful_character_of_a_place_body_trade_or_form_is_mended(
    read: str, doubts: dict[int, float], meant: str
) -> None:
    assert best(read, doubts=doubts) == meant


def test_of_places_that_are_as_near_the_one_is_meant_that_the_recogniser_saw() -> None:
    read, doubts = "宜河市耀虎软件有限公司", {1: 0.2}
    assert best(read, doubts=doubts) == read  # 宜昌, 宜春 or 宜宾
    seen = look(read, place="ring", doubts=doubts, rivals={1: {"昌": 0.1}})
    assert weigh_names([seen])[0].text == "宜昌市耀虎软件有限公司"


@pytest.mark.parametrize(
    "name",
    # Like a place, a body or a trade, and clearly none of those known.
    [
        "曲清市锐丰有限公司",
        "海口市卫生健美委员会",
        "锐丰机械制售有限公司",
        "58同城有限公司",
        "东方锐丰有限公司",  # no 丹东
        "山东锐丰有限公司",  # no 山东省
        "潍坊市市场监督管理局",
        "株洲盛腾汽车服务集团有限公司",
    ],
)
def test_a_clear_reading_stays(name: str) -> None:
    assert best(name) == name


def said(text: str, sure: float = 0.9, **rivals: dict[str, float]) -> Look:
    """Return a reading; rivals are those of single characters, named by the character."""
    return Look(text, (sure,) * len(text), tuple(rivals.get(char, {}) for char in text))


PLACES = WordTable.of(["曲靖市", "武汉市", "武汉", "浙江省", "昆明市", "昆明"], last=False)
FORMS = WordTable.of(["有限公司", "事务所", "商行"], last=True)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("曲靖市丰", Guess("曲靖市", 3)),  # as it was read
        ("由靖市丰", Guess("曲靖市", 3)),  # one misread
        ("江省丰", Guess("浙江省", 2)),  # the first one cut off
        ("曲市丰", Guess("曲靖市", 2)),  # one overlooked
        ("一曲靖市丰", Guess("曲靖市", 4)),  # dirt before it
        ("曲口靖市丰", Guess("曲靖市", 4)),  # one read as two
    ],
)
def test_a_place_may_be_misread_in_one_character_lack_one_or_have_one_too_many(
    read: str, meant: Guess
) -> None:
    assert guesses(said(read, 0.5), PLACES)[0] == meant


def test_words_at_the_end_are_laid_on_from_the_last_character() -> None:
    assert guesses(said("某某测绘有务所", 0.5), FORMS)[0] == Guess("事务所", 3)
    assert guesses(said("某某有限公", 0.5), FORMS)[0] == Guess("有限公司", 3)


def test_what_else_the_recogniser_saw_tells_which_word_was_meant() -> None:
    cities = WordTable.of(["杭州", "湖州", "兰州", "徐州", "福州"], last=False)
    assert guesses(said("X州丰", 0.5), cities) == []  # one is as likely as the other
    assert guesses(said("X州丰", 0.5, X={"徐": 0.2}), cities)[0] == Guess("徐州", 2)


def test_half_of_a_words_characters_must_have_been_read() -> None:
    rivals = {"瓦": {"曲": 0.3}, "碰": {"靖": 0.3}}
    assert guesses(said("瓦碰市丰", 0.3, **rivals), PLACES) == []
    assert guesses(said("曲碰市丰", 0.3, **rivals), PLACES)[0] == Guess("曲靖市", 3)


def test_a_word_of_two_characters_is_not_guessed_from_one() -> None:
    assert Guess("昆明", 1) not in guesses(said("明丰有限公司", 0.5), PLACES)


def test_what_was_clearly_read_is_no_other_word() -> None:
    assert guesses(said("某某测绘有限公可", 0.999), FORMS) == []


def test_a_city_follows_its_province_and_a_trade_stands_before_the_legal_form() -> None:
    names = set(names_meant(said("安徽省岭尔滨市驰泰电了商务有限公司", 0.5)))
    assert "安徽省哈尔滨市驰泰电子商务有限公司" in names


def test_a_public_body_is_meant_only_behind_its_place() -> None:
    assert "佛山市公安局" in set(names_meant(said("佛山市公安司", 0.5)))
    assert "锐丰公安局" not in set(names_meant(said("锐丰公安司", 0.5)))


def test_the_words_at_both_ends_never_overlap() -> None:
    assert all(name[:3] != "武汉市" for name in names_meant(said("武有限公司", 0.5)))


def test_a_name_may_stand_for_itself() -> None:
    assert "口口有限公司" in set(names_meant(said("口口有限公司")))


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
