"""What seals are for: the vocabulary of purposes that readings are compared with."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from sealq_configs.errors import SettingsError


class Purpose(BaseModel):
    """A purpose, as `purposes.yaml` lists it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: As it is reported.
    name: str = Field(min_length=1)
    #: Other ways in which seals say the same.
    spellings: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    #: It may end in a number in brackets.
    numbered: bool = False

    @field_validator("name", "spellings")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        """Full-width forms become plain: two spellings of the same would count as rivals."""
        if isinstance(value, str):
            return unicodedata.normalize("NFKC", value).strip()
        return tuple(unicodedata.normalize("NFKC", spelling).strip() for spelling in value)


#: Purposes of which no two have the same name.
Vocabulary = tuple[Purpose, ...]

_ENTRIES = TypeAdapter(tuple[Purpose, ...])


def load_purposes(own: Path | None = None) -> Vocabulary:
    """Return sealq's purposes with a user's own: new ones added, those of a known name replaced.

    Args:
        own: YAML file of the form of `purposes.yaml`; None: there is none.

    Raises:
        SettingsError: The file can't be used; names it, the reason and the remedy.
    """
    brought = resources.files("sealq_configs").joinpath("purposes.yaml")
    entries = list(_ENTRIES.validate_python(yaml.safe_load(brought.read_text(encoding="utf-8"))))
    if own is not None:
        entries += _own_entries(own)
    return tuple({entry.name: entry for entry in entries}.values())


def purposes_json(vocabulary: Sequence[Purpose]) -> list[dict[str, Any]]:
    """Return purposes as JSON values, for instance to hash them; `purposes_from_json` reads it."""
    return [purpose.model_dump(mode="json") for purpose in vocabulary]


def purposes_from_json(data: Sequence[Any]) -> Vocabulary:
    """Rebuild purposes from `purposes_json`."""
    return _ENTRIES.validate_python(data)


def _own_entries(path: Path) -> tuple[Purpose, ...]:
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _ENTRIES.validate_python(entries)
    except OSError as exc:
        raise SettingsError(
            f"purposes_file {path} can't be read ({exc.strerror}). Mend or unset it."
        ) from exc
    except (UnicodeDecodeError, yaml.YAMLError) as exc:
        raise SettingsError(f"purposes_file {path} is no YAML: {exc}. Mend it.") from exc
    except ValidationError as exc:
        raise SettingsError(
            f"purposes_file {path} is no list of purposes: {_reason(exc)}. Write entries such as "
            "`- {name: 合同专用章, spellings: [合同章], numbered: true}`."
        ) from exc


def _reason(exc: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg']}"
        for error in exc.errors()
    )
