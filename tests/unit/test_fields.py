"""From what was seen on a seal to its fields: which text is which, and what is withheld."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from looks import look, observation

from sealq_configs.purposes import load_purposes
from sealq_storage.readings import FieldName, NewField
from sealq_worker.careful.calibration import FLOOR
from sealq_worker.careful.fields import Claim, claims_of, fields_of
from sealq_worker.careful.observation import Candidate, Shape

KNOWN = load_purposes()
OWNER = look("某某贸易有限公司", place="ring")
GOOD_CODE = "91350100M000100Y43"

Groups = Sequence[Sequence[Candidate]]


def fields(*groups: Sequence[Candidate], shape: Shape = "round") -> dict[FieldName, NewField]:
    """Return the fields of a seal that bears some texts."""
    return {field.name: field for field in fields_of(observation(*groups, shape=shape), KNOWN)}


def texts(*groups: Sequence[Candidate], shape: Shape = "round") -> dict[FieldName, str]:
    """Return what would be reported, however doubtful it is."""
    return {claim.name: claim.text for claim in claims_of(observation(*groups, shape=shape), KNOWN)}


def tax_id(*group: Candidate) -> Claim:
    """Return the tax number of a seal that bears one, however doubtful it is."""
    found = claims_of(observation([OWNER], group), KNOWN)
    [claim] = [claim for claim in found if claim.name == "tax_id"]
    return claim


# Which text is which.


def test_an_invoice_seal_has_a_name_around_a_tax_number_and_a_purpose() -> None:
    seal = [[OWNER], [look(GOOD_CODE)], [look("发票专用章")]]
    assert texts(*seal, shape="oval") == {
        "owner": "某某贸易有限公司",
        "tax_id": GOOD_CODE,
        "purpose": "发票专用章",
    }


def test_digits_along_the_bottom_are_the_seals_own_number() -> None:
    assert texts([OWNER], [look("4403051234567", place="bottom")])["serial"] == "4403051234567"


def test_fifteen_digits_in_the_middle_are_an_old_tax_number() -> None:
    assert texts([OWNER], [look("440300192203821")])["tax_id"] == "440300192203821"


def test_a_purpose_along_the_bottom_is_no_second_name() -> None:
    assert texts([OWNER], [look("财务专用章", place="bottom")])["purpose"] == "财务专用章"


def test_of_two_names_on_rings_the_chinese_one_is_the_owner() -> None:
    latin = look("ABC TRADING CO., LTD", place="ring")
    assert texts([latin], [OWNER])["owner"] == "某某贸易有限公司"


@pytest.mark.parametrize(
    "text",
    ["（3）", "2019.07.01", "第2号", "★", "2019年7月1日", "89NAMC"],
)
def test_a_number_a_day_a_piece_of_a_code_and_a_drawing_are_no_purpose(text: str) -> None:
    assert texts([OWNER], [look(text)]) == {"owner": "某某贸易有限公司"}


def test_a_second_text_on_the_ring_is_no_purpose_unless_it_states_a_known_one() -> None:
    second = look("某某某某某某", place="ring")
    assert set(texts([OWNER], [second])) == {"owner"}
    assert texts([OWNER], [look("财务专用章", place="ring")])["purpose"] == "财务专用章"


def test_a_known_purpose_goes_before_a_longer_unknown_text() -> None:
    seal = [[OWNER], [look("某某某某某某分理处")], [look("公章")]]
    assert texts(*seal)["purpose"] == "公章"


def test_an_unknown_purpose_is_reported_as_it_was_read() -> None:
    seal = texts([OWNER], [look("印花税专用章")])
    assert seal["purpose"] == "印花税专用章"


def test_on_a_stamp_of_lines_the_one_that_ends_as_names_do_is_the_owner() -> None:
    seal = texts([look("某某贸易有限公司")], [look("现金付讫")], shape="rectangle")
    assert seal == {"owner": "某某贸易有限公司", "purpose": "现金付讫"}


def test_a_line_whose_legal_form_was_read_almost_right_is_the_owner() -> None:
    """A purpose is not all that such a stamp says, nor is its name withheld unsaid."""
    lines = [[look("某某贸易银份有限公司", doubts={4: 0.4})], [look("合格")]]
    assert texts(*lines, shape="rectangle") == {
        "owner": "某某贸易股份有限公司",
        "purpose": "合格",
    }


def test_a_square_company_seal_has_its_name_and_purpose_in_one_text() -> None:
    seal = texts([look("某某贸易有限公司合同专用章")], shape="square")
    assert seal == {"owner": "某某贸易有限公司", "purpose": "合同专用章"}


@pytest.mark.parametrize("text", ["王某某", "王某之印", "李某某印", "李某印章"])
def test_a_persons_seal_has_no_fields(text: str) -> None:
    assert fields([look(text)], shape="square") == {}


# What is withheld.


def test_a_square_seals_purpose_that_was_read_with_doubt_hides_no_name() -> None:
    doubts, rivals = {13: 0.4, 14: 0.4}, {13: {"专": 0.3}, 14: {"用": 0.3}}
    read = look("苏州市某某贸易有限公司合同早旦章", doubts=doubts, rivals=rivals)
    seal = texts([read], shape="square")
    assert seal == {"owner": "苏州市某某贸易有限公司", "purpose": "合同专用章"}


def test_a_round_seal_without_a_text_has_an_unreadable_owner() -> None:
    owner = fields()["owner"]
    assert (owner.text, owner.state, owner.alternatives) == (None, "unreadable", ())


def test_a_square_seal_without_a_text_has_no_fields() -> None:
    assert fields(shape="square") == {}


def test_a_clear_text_is_read_and_a_doubtful_one_is_unreadable() -> None:
    clear = fields([OWNER])["owner"]
    doubtful = fields([look("菜菜贺易有很公可", place="ring", sure=0.2)])["owner"]
    assert (clear.state, clear.text) == ("read", "某某贸易有限公司")
    assert (doubtful.state, doubtful.text) == ("unreadable", None)
    assert clear.score is not None
    assert doubtful.score is not None
    assert doubtful.score < FLOOR < clear.score


def test_what_was_read_of_an_unreadable_text_is_its_first_alternative() -> None:
    field = fields([look("菜菜贺易有很公可", place="ring", sure=0.2)])["owner"]
    assert field.alternatives[0].text == "菜菜贺易有很公可"


def test_a_field_and_its_alternatives_share_one_probability() -> None:
    other = look("某莱贸易有限公司", place="ring", doubts={1: 0.5})
    field = fields([OWNER, other])["owner"]
    assert field.text == "某某贸易有限公司"
    assert [alternative.text for alternative in field.alternatives] == ["某莱贸易有限公司"]
    assert field.score is not None
    assert field.score + sum(one.score for one in field.alternatives) == pytest.approx(1)


def test_spaces_and_full_width_forms_are_all_that_is_changed_in_a_name() -> None:
    assert texts([look("某某（深圳）有限 公司", place="ring")])["owner"] == "某某(深圳)有限公司"


# How far a name may be mended.


def test_a_legal_form_is_mended_where_the_reading_was_in_doubt() -> None:
    doubtful = look("某某有限公可", place="ring", doubts={5: 0.2})
    assert texts([doubtful])["owner"] == "某某有限公司"


@pytest.mark.parametrize("read", ["某某限公司", "某某有限司", "某某有限公"])
def test_a_legal_form_that_lacks_a_character_is_completed(read: str) -> None:
    """No name ends so: the character was overlooked."""
    assert texts([look(read, place="ring")])["owner"] == "某某有限公司"


def test_a_piece_of_a_name_does_not_win_for_being_short() -> None:
    whole = look("某某贸易有限公司", place="ring", sure=0.8)
    piece = look("易有限公司", place="ring", sure=0.9)
    assert texts([whole, piece])["owner"] == "某某贸易有限公司"


def test_dirt_around_a_chinese_name_goes_unless_it_was_clearly_read() -> None:
    dirty = look("9某某有限公司)", place="ring", doubts={0: 0.6, 7: 0.5})
    assert texts([dirty])["owner"] == "某某有限公司"
    assert texts([look("58某某有限公司", place="ring")])["owner"] == "58某某有限公司"


def test_a_name_of_which_a_trade_alone_was_seen_is_not_what_names_are() -> None:
    [whole] = claims_of(observation([look("某某工程有限公司", place="ring")]), KNOWN)
    [part] = claims_of(observation([look("工程有限公司", place="ring")]), KNOWN)
    assert (whole.features.known, part.features.known) == (1, 0)


def test_a_clear_reading_is_never_mended() -> None:
    clear = look("某某有限公可", place="ring", doubts={5: 0.9})
    assert texts([clear])["owner"] == "某某有限公可"


# Tax numbers.


def test_of_two_readings_the_one_whose_check_digits_hold_is_read() -> None:
    wrong = look("91350100M000100V43", doubts={15: 0.6})
    claim = tax_id(wrong, look(GOOD_CODE, sure=0.8))
    assert (claim.text, claim.state) == (GOOD_CODE, "read")


@pytest.mark.parametrize("read", ["1{}", "{}L", "7{}1"])
def test_what_a_frame_is_read_as_is_no_part_of_a_code(read: str) -> None:
    claim = tax_id(look(read.format(GOOD_CODE), sure=0.95))
    assert (claim.text, claim.state) == (GOOD_CODE, "read")


def test_one_usual_confusion_is_proposed_and_said_to_be() -> None:
    claim = tax_id(look("91350100M0D0100Y43"))
    assert (claim.text, claim.state) == (GOOD_CODE, "proposed")
    assert claim.rivals[0].text == "91350100M0D0100Y43"


def test_what_a_doubtful_character_may_be_is_told_by_the_check_digits() -> None:
    read, doubts = "91350100M0D0100V43", {10: 0.6, 15: 0.7}
    rivals = {10: {"0": 0.3, "Q": 0.05}, 15: {"Y": 0.2}}
    claim = tax_id(look(read, doubts=doubts, rivals=rivals))
    assert (claim.text, claim.state) == (GOOD_CODE, "proposed")
    assert [rival.text for rival in claim.rivals] == [read]


def test_a_code_that_was_surely_read_is_not_turned_into_one_that_holds() -> None:
    rivals = {10: {"0": 0.001}, 15: {"Y": 0.001}}
    claim = tax_id(look("91350100M0D0100V43", rivals=rivals))
    assert (claim.text, claim.state) == ("91350100M0D0100V43", "read")


def test_a_code_with_two_errors_is_reported_as_it_was_read() -> None:
    [claim] = claims_of(observation([look("91350100M000199Y43")], shape="square"), KNOWN)
    assert (claim.text, claim.state) == ("91350100M000199Y43", "read")
    assert claim.features.known == 0


# The same whatever comes first.


def test_the_order_of_texts_makes_no_difference() -> None:
    seal: Groups = [[OWNER], [look(GOOD_CODE)], [look("发票专用章")], [look("（1）")]]
    assert texts(*seal) == texts(*reversed(seal))
