"""The words of a report, by language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from sealq_audit.reasons import Language


@dataclass(frozen=True)
class Words:
    """Phrases of `words.yaml` in one language."""

    language: Language
    phrases: dict[str, str]

    def __call__(self, name: str, /, **values: object) -> str:
        """Return a phrase with its values filled in."""
        return self.phrases[name].format_map(values)


@cache
def words_in(language: Language) -> Words:
    """Return the words of a language."""
    text = resources.files("sealq_audit.report").joinpath("words.yaml").read_text(encoding="utf-8")
    return Words(language, yaml.safe_load(text)[language])
