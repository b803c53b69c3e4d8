"""Rules of the pages' texts: each language has all of them, and templates hold no other."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter

import pytest
from jinja2 import Environment
from jinja2.nodes import Call, Concat, Const, Name

from sealq_storage.readings import FieldName, FieldState, RegionLabel
from sealq_storage.reviews import Decision
from sealq_storage.sql.tables import PageState
from sealq_storage.verdicts import Verdict
from sealq_web.pages.languages import LANGUAGES, language

TEMPLATES = {
    file.name: file.read_text(encoding="utf-8")
    for file in files("sealq_web").joinpath("templates").iterdir()
    if file.name.endswith(".html")
}
ENGLISH = language("en")
#: Words that are the same in all languages.
NAMES = {"sealq", "utf"}
#: Beginnings of keys that are put together with a value, and the values.
FAMILIES: dict[str, list[str]] = {
    "verdict_": list(Verdict),
    "standing_": ["open", "done", "failed", "cancelled"],
    "job_": ["submitting", "running", "done", "cancelled"],
    "page_": list(PageState),
    "saved_": list(Decision),
    "field_": list(FieldName.__args__),  # type: ignore[attr-defined]
    "field_state_": list(FieldState.__args__),  # type: ignore[attr-defined]
    "shape_": ["round", "oval", "square", "rectangle", "diamond"],
    "ink_": ["red", "blue", "purple", "black"],
    "": [*RegionLabel.__args__, "confirmed", "rejected", "noted"],  # type: ignore[attr-defined]
}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def asked_for(template: str) -> set[str]:
    """Return the keys that a template names in full."""
    tree = Environment(autoescape=True).parse(TEMPLATES[template])
    keys = [
        call.args[0]
        for call in tree.find_all(Call)
        if isinstance(call.node, Name) and call.node.name == "t" and call.args
    ]
    return {key.value for key in keys if isinstance(key, Const)}


def families_of(template: str) -> set[str]:
    """Return the beginnings of the keys that a template puts together."""
    tree = Environment(autoescape=True).parse(TEMPLATES[template])
    joined = [part.nodes[0] for part in tree.find_all(Concat)]
    found = {part.value for part in joined if isinstance(part, Const)}
    return {each for each in found if re.fullmatch(r"[a-z_]+_", each)}


@pytest.mark.parametrize("code", LANGUAGES)
def test_all_languages_have_the_same_texts_with_the_same_places(code: str) -> None:
    texts = language(code).texts
    assert list(texts) == list(ENGLISH.texts)
    for key, text in texts.items():
        assert text, key
        assert places(text) == places(ENGLISH.texts[key]), key


def test_chinese_is_chinese() -> None:
    """What was forgotten stands there in English."""
    for key, text in language("zh").texts.items():
        assert re.search(r"[\u4e00-\u9fff]", text), key


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_ask_for_texts_that_there_are(template: str) -> None:
    assert asked_for(template) <= set(ENGLISH.texts)


def test_every_value_has_its_text() -> None:
    asked = set().union(*(families_of(template) for template in TEMPLATES))
    assert asked - {"error_", "seal_res_region"} <= set(FAMILIES)
    for beginning, values in FAMILIES.items():
        for value in values:
            assert f"{beginning}{value}" in ENGLISH.texts


def test_no_text_is_there_for_nothing() -> None:
    used = set().union(*(asked_for(template) for template in TEMPLATES))
    used |= {f"{beginning}{value}" for beginning, values in FAMILIES.items() for value in values}
    unused = {key for key in ENGLISH.texts if key not in used and not key.startswith("error")}
    assert unused - {"corrected_review"} == set()


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_hold_no_words_of_their_own(template: str) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", TEMPLATES[template], flags=re.DOTALL)
    bare = re.sub(r"<kbd>[a-z←→]</kbd>", " ", text)
    bare = re.sub(r"<[^>]*>", " ", bare, flags=re.DOTALL)
    words = set(re.findall(r"[^\W\d_]{2,}", bare))
    shown = re.findall(r'(?:alt|title|placeholder|aria-label)="\s*([^"\s][^"]*)"', text)
    assert words - NAMES == set()
    assert [each for each in shown if re.search(r"\w", each)] == []
