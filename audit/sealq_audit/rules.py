"""Rules as data: what kinds of documents need, and from which score on something counts as seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sealq_audit.errors import RulesError
from sealq_audit.names import NameComparer

T = TypeVar("T")

#: Source of a rule for which a user's file names none.
OWN_SOURCE = "Your rules file."

Share = Annotated[float, Field(ge=0, le=1)]
#: Without a seal: the document lacks one; is as it should be; a person has to look.
SealNeed = Literal["required", "none", "undecided"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Model, Generic[T]):
    """A value, and where it comes from."""

    value: T
    source: str

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: Any) -> Any:
        """Take a bare value, as users write it."""
        if isinstance(data, Mapping) and "value" in data:
            return {"source": OWN_SOURCE, **data}
        return {"value": data, "source": OWN_SOURCE}


class KindRules(_Model):
    """What one kind of documents needs."""

    seal: Rule[SealNeed]
    #: Empty: any.
    purposes: Rule[tuple[str, ...]]
    parties: Rule[Annotated[int, Field(ge=0)]]
    #: Patterns with `*` and `?` of how such documents are called.
    documents: Rule[tuple[str, ...]]


class Thresholds(_Model):
    """From which score on something counts; `rules.yaml` says what of."""

    sure_field: Rule[Share]
    sure_line: Rule[Share]
    legible: Rule[Share]
    near_name: Rule[Share]
    empty_page: Rule[Share]


class NameRules(_Model):
    """How names are compared; see `names.NameComparer`."""

    legal_forms: Rule[tuple[str, ...]]
    endings: Rule[tuple[str, ...]]
    same_glyphs: Rule[tuple[str, ...]]
    confusable: Rule[tuple[str, ...]]


class Rules(_Model):
    """All rules of an audit."""

    kinds: dict[str, KindRules]
    thresholds: Thresholds
    #: Purpose of a seal that states none.
    bare_seal: Rule[str]
    names: NameRules

    @property
    def digest(self) -> str:
        """Return the hash of all that can change a verdict."""
        data = json.dumps(self.model_dump(mode="json"), ensure_ascii=False)
        return hashlib.sha256(data.encode()).hexdigest()

    @cached_property
    def comparer(self) -> NameComparer:
        """Return what compares names by these rules."""
        return NameComparer(
            same_glyphs=self.names.same_glyphs.value,
            confusable=self.names.confusable.value,
            legal_forms=self.names.legal_forms.value,
        )


def default_rules() -> str:
    """Return the rules that sealq brings, as YAML."""
    return resources.files("sealq_audit").joinpath("rules.yaml").read_text(encoding="utf-8")


def load_rules(own: Path | None = None) -> Rules:
    """Return sealq's rules, with those of a user's file in place of theirs.

    Args:
        own: YAML file that holds what differs; None: there is none.

    Raises:
        RulesError: The file can't be used; names it, the rule, the reason and the remedy.
    """
    brought = yaml.safe_load(default_rules())
    if own is None:
        return Rules.model_validate(brought)
    try:
        return Rules.model_validate(_merged(brought, _with_base(brought, _read(own))))
    except ValidationError as exc:
        raise RulesError(
            f"Rules file {own}: {_reasons(exc)}. Mend it; `sealq audit --show-rules` prints the "
            "rules that sealq brings."
        ) from exc


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise RulesError(
            f"Rules file {path} can't be read ({exc.strerror}). Mend --rules."
        ) from exc
    except (UnicodeDecodeError, yaml.YAMLError) as exc:
        raise RulesError(f"Rules file {path} is no YAML: {exc}. Mend it.") from exc
    if not isinstance(data, Mapping):
        raise RulesError(
            f"Rules file {path} holds no rules. Write such as `kinds: {{receipt: {{parties: 2}}}}`."
        )
    return data


def _merged(brought: Any, own: Any) -> Any:
    """Return a tree of mappings with the user's leaves in place."""
    if not isinstance(brought, Mapping) or not isinstance(own, Mapping) or "value" in brought:
        return own
    known = {name: _merged(old, own[name]) if name in own else old for name, old in brought.items()}
    return {name: new for name, new in own.items() if name not in brought} | known


def _with_base(brought: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a user's rules; kinds that sealq does not know take the rest from `other`."""
    kinds = own.get("kinds")
    if not isinstance(kinds, Mapping):
        return own
    base = {**brought["kinds"]["other"], "documents": []}
    return {
        **own,
        "kinds": {
            name: kind if name in brought["kinds"] else _merged(base, kind)
            for name, kind in kinds.items()
        },
    }


def _reasons(exc: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg']}"
        for error in exc.errors()
    )
