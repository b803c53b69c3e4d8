"""Why a verdict is what it is, in one sentence, in English or Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

Language = Literal["en", "zh"]


def sentence(code: str, values: Mapping[str, str], language: Language = "en") -> str:
    """Return the sentence of a reason.

    Args:
        code: A key of `sentences` in `reasons.yaml`.
        values: What stands in the sentence, with `kind` and `known_by` of the document.
        language: Which.

    Raises:
        KeyError: The code is not there, or a value is missing.
    """
    texts = _texts()
    said = texts["sentences"][code][language].format_map(values)
    whole: str = texts["kinds"][values["known_by"]][language]
    kind = texts["kind_names"].get(values["kind"], {}).get(language, values["kind"])
    return whole.format_map({"kind": kind, "sentence": said})


@cache
def _texts() -> Mapping[str, Any]:
    text = resources.files("sealq_audit").joinpath("reasons.yaml").read_text(encoding="utf-8")
    texts: Mapping[str, Any] = yaml.safe_load(text)
    return texts
