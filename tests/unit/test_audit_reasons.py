"""Reasons: one sentence in each language, with the same things in it."""

from __future__ import annotations

import re
from importlib import resources
from string import Formatter

import pytest
import yaml

from sealq_audit.needs import KnownBy
from sealq_audit.reasons import sentence

TEXTS = yaml.safe_load(resources.files("sealq_audit").joinpath("reasons.yaml").read_text("utf-8"))
#: Modules that rule, and what their calls name as the code of the reason.
MODULES = ("judge", "unsealed", "sealed", "purpose_check", "matching")


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("group", ["sentences", "kinds"])
def test_both_languages_say_the_same_things(group: str) -> None:
    for code, texts in TEXTS[group].items():
        assert set(texts) == {"en", "zh"}, code
        assert holes(texts["en"]) == holes(texts["zh"]), code


def test_a_sentence_ends_once() -> None:
    """What is filled in may end in anything: the kind of the document comes behind."""
    for code, texts in TEXTS["sentences"].items():
        assert texts["en"][-1] not in ".;", code
        assert texts["zh"][-1] not in "。；", code


def test_every_sentence_is_used() -> None:
    sources = [
        resources.files("sealq_audit").joinpath(f"{module}.py").read_text("utf-8")
        for module in MODULES
    ]
    words = {word for source in sources for word in re.findall(r'"(\w+)"', source)}
    assert set(TEXTS["sentences"]) <= words


@pytest.mark.parametrize("known_by", KnownBy)
def test_who_says_the_kind_is_said(known_by: KnownBy) -> None:
    values = {"kind": "invoice", "known_by": known_by.value, "found": "{甲}"}
    said = sentence("fits", values), sentence("fits", values, "zh")
    assert said[0].startswith("Sealed by {甲}, as expected; kind ")
    assert said[1].startswith("由 {甲} 盖章，与预期一致；类型")
    if known_by is not KnownBy.NOBODY:
        assert "invoice" in said[0]
        assert "发票" in said[1]
