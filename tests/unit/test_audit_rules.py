"""Rules are data: each with its source, and a user's file replaces what it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sealq_audit.errors import RulesError
from sealq_audit.expectations import Expectation, Party
from sealq_audit.needs import KnownBy, need_of
from sealq_audit.rules import OWN_SOURCE, Rule, default_rules, load_rules
from sealq_configs.purposes import load_purposes


def rules_in(value: Any) -> Iterator[Rule[Any]]:
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from rules_in(each)
    else:
        for _, each in value:
            yield from rules_in(each)


def own(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_rule_says_where_it_comes_from() -> None:
    sources = [rule.source for rule in rules_in(load_rules())]
    assert len(sources) > 30
    assert OWN_SOURCE not in sources
    assert all(source.endswith(".") for source in sources)


def test_purposes_of_the_rules_are_ones_that_readings_know() -> None:
    known = {purpose.name for purpose in load_purposes()}
    rules = load_rules()
    named = {name for kind in rules.kinds.values() for name in kind.purposes.value}
    assert named | {rules.bare_seal.value} <= known


def test_the_last_kind_is_for_all_others() -> None:
    assert list(load_rules().kinds)[-1] == "other"


def test_a_users_file_replaces_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = own(tmp_path, "kinds: {receipt: {parties: 2}}\nthresholds: {near_name: 0.8}")
    rules, brought = load_rules(path), load_rules()
    assert rules.kinds["receipt"].parties == Rule(value=2, source=OWN_SOURCE)
    assert rules.thresholds.near_name.value == 0.8
    assert rules.kinds["receipt"].purposes == brought.kinds["receipt"].purposes
    assert rules.kinds["invoice"] == brought.kinds["invoice"]
    assert list(rules.kinds) == list(brought.kinds)


def test_a_users_own_kind_is_tried_first_and_matches_nothing_but_its_patterns(
    tmp_path: Path,
) -> None:
    path = own(tmp_path, "kinds: {loan: {documents: ['*贷款*'], parties: 3}, letter: {parties: 1}}")
    rules = load_rules(path)
    assert list(rules.kinds)[:2] == ["loan", "letter"]
    assert need_of("贷款合同.pdf", None, rules).kind == "loan"
    assert need_of("合同.pdf", None, rules).kind == "contract"
    assert need_of("scan.pdf", None, rules).kind == "other"


def test_other_rules_have_another_digest(tmp_path: Path) -> None:
    path = own(tmp_path, "thresholds: {near_name: 0.8}")
    assert load_rules().digest == load_rules().digest != load_rules(path).digest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "kinds: {receipt: {parties: many}}",
            r"kinds\.receipt\.parties\.value: .*integer.*--show-rules",
        ),
        ("kinds: {receipt: {seals: 1}}", r"kinds\.receipt\.seals: "),
        ("thresholds: {near_name: 2}", r"thresholds\.near_name\.value: .*less than or equal to 1"),
        ("kinds: {receipt: {seal: perhaps}}", "'required', 'none' or 'undecided'"),
        ("- a", "holds no rules"),
        ("a: [", "is no YAML"),
        ("\udcff", "is no YAML"),
    ],
)
def test_a_mistake_in_a_rules_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RulesError, match=f"(?s)Rules file {path}.*{message}"):
        load_rules(path)


def test_a_rules_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="can't be read"):
        load_rules(tmp_path / "none.yaml")


def test_the_rules_that_are_shown_are_those_that_hold(tmp_path: Path) -> None:
    assert yaml.safe_load(default_rules())
    assert load_rules(own(tmp_path, default_rules())) == load_rules()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("/in/2026 发票 3.pdf", "invoice"),
        ("INVOICE-17.PDF", "invoice"),
        ("电子发票.pdf", "e_invoice"),  # tried before the paper kind
        ("采购合同.tif", "contract"),
        ("s3://b/收据/scan.png", "other"),  # the name counts, not its folder
        ("scan.png", "other"),
    ],
)
def test_the_kind_of_a_document_by_its_name(source: str, kind: str) -> None:
    need = need_of(source, None, load_rules())
    assert need.kind == kind
    assert need.known_by is (KnownBy.NOBODY if kind == "other" else KnownBy.NAME)


def test_the_expected_kind_goes_before_the_name() -> None:
    need = need_of("发票.pdf", Expectation("*", kind="e_invoice"), load_rules())
    assert (need.kind, need.known_by, need.seal) == ("e_invoice", KnownBy.EXPECTATION, "none")


@pytest.mark.parametrize(
    ("expectation", "seal", "count"),
    [
        (Expectation("*"), "required", 2),  # as contracts need
        (Expectation("*", (Party("甲"),)), "required", 2),
        (Expectation("*", (Party("甲"), Party("乙"), Party("丙"))), "required", 3),
        (Expectation("*", (Party("甲"), Party("乙")), party_count=1), "required", 1),
        (Expectation("*", party_count=0), "none", 0),
        (Expectation("*", (Party("甲"),), kind="e_invoice"), "none", 1),
        (Expectation("*", kind="e_invoice", party_count=1), "required", 1),
        (Expectation("*", kind="other"), "undecided", 1),
        (Expectation("*", kind="other", purposes=("公章",)), "required", 1),
    ],
)
def test_how_many_companies_have_to_seal(expectation: Expectation, seal: str, count: int) -> None:
    need = need_of("合同.pdf", expectation, load_rules())
    assert (need.seal, need.count) == (seal, count)
