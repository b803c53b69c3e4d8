"""The words that pages and seals are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

#: Words, or characters in one string, by their kind: what `words.yaml` holds.
WORDS: Mapping[str, Sequence[str]] = yaml.safe_load(
    Path(__file__).with_name("words.yaml").read_text("utf-8")
)
