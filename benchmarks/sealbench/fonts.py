"""The bench's fonts: two sets that have no font in common, fetched the way models are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from sealq_configs.catalogue import Asset, CatalogueFile, Wheel, WheelMember
from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings

Split = Literal["train", "held_out"]
#: Chinese, Latin in print, Latin by hand.
Style = Literal["chinese", "latin", "hand"]

_DATA: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("fonts.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Faces:
    """The font files of one split.

    Attributes:
        chinese: Fonts with Chinese characters; the first is what most rings are cut in.
        latin: Fonts of printed Latin letters and figures.
        hand: Fonts of Latin letters and figures as written by hand.
    """

    chinese: tuple[Path, ...]
    latin: tuple[Path, ...]
    hand: tuple[Path, ...]


def catalogue() -> dict[str, Asset]:
    """Return what `fonts.yaml` names, in the form that a `ModelCache` takes."""
    wheels = {
        project: Wheel(project, entry["version"], tuple(entry.get("pip_options", ())))
        for project, entry in _DATA["wheels"].items()
    }
    return {name: _asset(name, entry, wheels) for name, entry in _DATA["assets"].items()}


def face_names(split: Split) -> dict[str, Style]:
    """Return the names of a split's fonts, with their styles."""
    return dict(_DATA["faces"][split])


@lru_cache
def faces(split: Split) -> Faces:
    """Return a split's font files, fetched first where they are missing.

    Raises:
        ModelError: They can't be had.
    """
    cache = _cache()
    found: dict[Style, list[Path]] = {"chinese": [], "latin": [], "hand": []}
    for name, style in face_names(split).items():
        found[style].append(next(cache.directory(name).glob("font.*")))
    return Faces(tuple(found["chinese"]), tuple(found["latin"]), tuple(found["hand"]))


def _cache() -> ModelCache:
    return ModelCache(load_settings().settings.models_dir, catalogue())


def _asset(name: str, entry: Mapping[str, Any], wheels: Mapping[str, Wheel]) -> Asset:
    files = tuple(
        CatalogueFile(
            file, data["sha256"], data["size"], WheelMember(wheels[data["wheel"]], data["member"])
        )
        for file, data in entry["files"].items()
    )
    return Asset(name, "font", None, entry["purpose"], entry["licence"], files)


if __name__ == "__main__":
    # For set-up: what comes after it needs no network.
    _cache().pull()
