"""The vocabulary of purposes: how users extend it, and when a word of it is taken for a text."""

from __future__ import annotations

from pathlib import Path

import pytest
from looks import look

from sealq_configs.errors import SettingsError
from sealq_configs.purposes import Purpose, load_purposes, purposes_from_json, purposes_json
from sealq_configs.settings import load_settings
from sealq_worker.careful.purposes import divided, nearest, spelled, stated

KNOWN = load_purposes()


def purposes_file(tmp_path: Path, text: str) -> Path:
    """Write a user's file of purposes."""
    path = tmp_path / "purposes.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_seals_that_auditors_ask_for_are_known() -> None:
    names = {purpose.name for purpose in KNOWN}
    assert {
        "发票专用章",
        "合同专用章",
        "财务专用章",
        "公章",
        "报关专用章",
        "检验检测专用章",
    } <= names


def test_no_two_purposes_have_a_spelling_in_common() -> None:
    spellings = [spelling for purpose in KNOWN for spelling in (purpose.name, *purpose.spellings)]
    assert len(spellings) == len(set(spellings))


def test_a_users_file_adds_purposes(tmp_path: Path) -> None:
    path = purposes_file(tmp_path, "- {name: 印花税专用章, numbered: true}")
    assert load_purposes(path) == (*KNOWN, Purpose(name="印花税专用章", numbered=True))


def test_a_users_entry_replaces_the_one_of_the_same_name(tmp_path: Path) -> None:
    path = purposes_file(tmp_path, "- {name: 公章, spellings: [行政公章]}")
    merged = {purpose.name: purpose for purpose in load_purposes(path)}
    assert merged["公章"].spellings == ("行政公章",)
    assert len(merged) == len(KNOWN)


def test_full_width_brackets_in_a_users_file_are_plain_ones(tmp_path: Path) -> None:
    path = purposes_file(tmp_path, "- {name: 合同专用章（甲）}")
    assert load_purposes(path)[-1].name == "合同专用章(甲)"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "list"),  # nothing
        ("合同章: 合同专用章", "list"),  # a mapping
        ("- {name: ''}", "at least 1 character"),
        ("- {spellings: [a]}", "Field required"),  # no name
        ("- {name: a, nummer: true}", "Extra inputs"),  # a misspelt key
        ("- {name: [", "YAML"),
        ("- {name: a, spellings: ['']}", "at least 1 character"),
    ],
)
def test_a_file_that_is_no_list_of_purposes_is_refused_by_name_and_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = purposes_file(tmp_path, text)
    with pytest.raises(SettingsError, match=reason) as error:
        load_purposes(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_purposes(tmp_path / "none.yaml")


def test_the_environment_names_the_users_file(tmp_path: Path) -> None:
    path = purposes_file(tmp_path, "[]")
    loaded = load_settings({"SEALQ_PURPOSES_FILE": str(path)})
    assert loaded.settings.purposes_file == path


def test_purposes_travel_as_json() -> None:
    assert purposes_from_json(purposes_json(KNOWN)) == KNOWN


# Which purpose a text states.


def test_a_text_that_is_a_known_purpose_states_it() -> None:
    found = stated([look("合同专用章")], KNOWN)
    assert found is not None
    assert (found.name, found.known) == ("合同专用章", True)


def test_another_spelling_states_the_purpose_under_its_name() -> None:
    vocabulary = (Purpose(name="合同专用章", spellings=("合同章",)),)
    found = stated([look("合同章")], vocabulary)
    assert found is not None
    assert found.name == "合同专用章"


def test_a_numbered_form_keeps_its_number() -> None:
    found = stated([look("财务专用章（2）")], KNOWN)
    assert found is not None
    assert (found.name, found.known) == ("财务专用章(2)", True)


def test_a_purpose_without_numbers_is_not_given_one() -> None:
    found = stated([look("公章（2）")], (Purpose(name="公章"),))
    assert found is not None
    assert (found.name, found.known) == ("公章(2)", False)


def test_a_character_that_was_read_with_doubt_is_mended() -> None:
    doubtful = look("含同专用章", doubts={0: 0.7})
    found = stated([doubtful], KNOWN)
    assert found is not None
    assert found.name == "合同专用章"


def test_a_text_that_was_clearly_read_otherwise_stays_as_it_was_read() -> None:
    found = stated([look("印花税专用章")], KNOWN)
    assert found is not None
    assert (found.name, found.known) == ("印花税专用章", False)


def test_a_second_clear_look_outweighs_a_spoilt_first() -> None:
    spoilt = look("发票专用草", doubts={4: 0.6})
    found = stated([spoilt, look("发票专用章")], KNOWN)
    assert found is not None
    assert found.name == "发票专用章"


def test_one_overlooked_character_is_completed_two_are_not() -> None:
    vocabulary = (Purpose(name="项目专用章"),)
    found = [stated([look(text)], vocabulary) for text in ("项专用章", "项目章")]
    assert [one.name for one in found if one] == ["项目专用章", "项目章"]


def test_no_purpose_is_guessed_from_one_character() -> None:
    found = stated([look("章")], (Purpose(name="公章"),))
    assert found is not None
    assert (found.name, found.known) == ("章", False)


def test_one_clearly_read_character_is_enough_against_a_known_purpose() -> None:
    found = stated([look("购销专用章")], (Purpose(name="采购专用章"), Purpose(name="销售专用章")))
    assert found is not None
    assert (found.name, found.known) == ("购销专用章", False)


def test_nothing_read_states_nothing() -> None:
    assert stated([look(" ")], KNOWN) is None


def test_a_purpose_behind_a_name_is_parted_from_it() -> None:
    assert divided("某某有限公司合同专用章", KNOWN) == ("某某有限公司", "合同专用章")


def test_a_text_with_no_purpose_or_nothing_else_is_not_parted() -> None:
    assert divided("某某有限公司", KNOWN) == ("某某有限公司", None)
    assert divided("公章", KNOWN) == ("公章", None)


NAMES = spelled(KNOWN)


@pytest.mark.parametrize(
    ("read", "near"),
    [
        ("OF13HALSEAL", []),  # four of eleven differ: too many
        ("OFFIC1ALSEAI", ["OFFICIALSEAL"]),
        ("合同专用草", ["合同专用章"]),
        ("合同专用章", ["合同专用章"]),
        ("X专用章", []),  # as near to several
        ("章", []),
    ],
)
def test_a_word_is_near_where_no_other_purpose_is_as_near(read: str, near: list[str]) -> None:
    assert nearest(read, NAMES) == near


def test_the_one_purpose_that_is_near_a_clear_reading_is_proposed() -> None:
    found = stated([look("OFFICJALSEAI", sure=0.999)], KNOWN)
    assert found is not None
    assert (found.name, found.known, found.proposed) == ("OFFICIAL SEAL", True, True)


def test_a_purpose_that_was_read_is_not_marked_as_proposed() -> None:
    found = stated([look("合同专用章")], KNOWN)
    assert found is not None
    assert (found.name, found.proposed) == ("合同专用章", False)


def test_what_a_frame_leaves_around_a_purpose_does_not_hide_it() -> None:
    found = stated([look("[(OFFICIALSEAL)", sure=0.999)], KNOWN)
    assert found is not None
    assert (found.name, found.proposed) == ("OFFICIAL SEAL", False)


def test_a_line_cut_too_short_still_states_its_purpose() -> None:
    found = stated([look("票专用章")], KNOWN)
    assert found is not None
    assert found.name == "发票专用章"
