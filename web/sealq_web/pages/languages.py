"""The languages of the pages: one file of texts for each, with the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml
from starlette.requests import Request

#: By their codes, as each calls itself; the first is what a browser gets that names none.
LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}
#: The cookie that keeps a person's choice.
COOKIE = "sealq_language"

_DEFAULT = next(iter(LANGUAGES))


@dataclass(frozen=True)
class Language:
    """A language with its texts."""

    code: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with values in its places."""
        return self.texts[key].format_map(values)


@cache
def language(code: str) -> Language:
    """Load a language."""
    file = files(__package__).joinpath("texts", f"{code}.yaml")
    return Language(code, yaml.safe_load(file.read_text(encoding="utf-8")))


def language_of(request: Request) -> Language:
    """Return the language that a person chose, or else the one their browser likes best."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return language(chosen)
    return language(_liked(request.headers.get("accept-language", "")))


def _liked(header: str) -> str:
    """Return the first language of an Accept-Language header that the pages have."""
    liked = [_weighed(part) for part in header.split(",")]
    for _, code in sorted(liked, key=lambda pair: -pair[0]):
        if code in LANGUAGES:
            return code
    return _DEFAULT


def _weighed(part: str) -> tuple[float, str]:
    name, _, quality = part.strip().partition(";q=")
    try:
        weight = float(quality or 1)
    except ValueError:
        weight = 0.0
    return weight, name.partition("-")[0].lower()
