"""The characters that the recogniser knows, as PaddleX numbers them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from sealq_worker.careful.models import recognised


class Alphabet:
    """Characters by class; class 0 is CTC's blank, the last one the space."""

    def __init__(self, characters: Sequence[str]) -> None:
        self._characters = ("", *characters, " ")
        self._classes = {char: number for number, char in enumerate(self._characters) if number}
        self._known = frozenset(self._classes)

    @classmethod
    def of_model(cls, folder: Path) -> Alphabet:
        """Return the alphabet that a model's `inference.yml` names."""
        settings = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
        return cls(settings["PostProcess"]["character_dict"])

    def classes(self, text: str) -> list[int] | None:
        """Return a text's classes; None if it has a character that is not here."""
        plain = "".join(
            char if char in self._known else unicodedata.normalize("NFKC", char) for char in text
        )
        return [self._classes[char] for char in plain] if set(plain) <= self._known else None

    def read(self, matrix: NDArray[np.float32]) -> str:
        """Return the likeliest text of (steps, classes)."""
        return recognised(matrix, self._characters).text
