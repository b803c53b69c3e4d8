"""What a document needs, by what is expected of it and by the rules of its kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from pathlib import PurePosixPath

from sealq_audit.expectations import Expectation, Party
from sealq_audit.rules import KindRules, Rules, SealNeed

#: Kind of what nobody knows.
OTHER = "other"


class KnownBy(StrEnum):
    """Who says of which kind a document is."""

    EXPECTATION = "expectation"
    NAME = "name"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Need:
    """What a document needs.

    Attributes:
        kind: As the rules name it.
        known_by: Who says so.
        seal: Whether it needs a seal at all.
        parties: Companies that are expected.
        count: Companies that have to have sealed; of these as many as there are in `parties`.
        purposes: What a seal may be for; empty: anything.
    """

    kind: str
    known_by: KnownBy
    seal: SealNeed
    parties: tuple[Party, ...]
    count: int
    purposes: tuple[str, ...]


def need_of(source: str, expectation: Expectation | None, rules: Rules) -> Need:
    """Return what a document needs.

    What is expected goes before what its kind needs; who expects something of its seals says that
    it needs one. Only documents of a kind that needs none are asked for none all the same, unless
    they are to have so many parties.
    """
    expected = expectation or Expectation(document=source)
    kind, known_by = _kind(source, expected, rules)
    of_kind = rules.kinds[kind]
    return Need(
        kind=kind,
        known_by=known_by,
        seal=_seal_need(expected, of_kind),
        parties=expected.parties,
        count=_count(expected, of_kind),
        purposes=expected.purposes or of_kind.purposes.value,
    )


def _kind(source: str, expected: Expectation, rules: Rules) -> tuple[str, KnownBy]:
    if expected.kind:
        return expected.kind, KnownBy.EXPECTATION
    name = PurePosixPath(source).name
    for kind, of_kind in rules.kinds.items():
        if kind != OTHER and _called(name, of_kind.documents.value):
            return kind, KnownBy.NAME
    return OTHER, KnownBy.NOBODY


def _seal_need(expected: Expectation, of_kind: KindRules) -> SealNeed:
    if expected.party_count is not None:
        return "required" if expected.party_count else "none"
    asked = bool(expected.parties or expected.purposes)
    return "required" if asked and of_kind.seal.value != "none" else of_kind.seal.value


def _count(expected: Expectation, of_kind: KindRules) -> int:
    if expected.party_count is not None:
        return expected.party_count
    return max(of_kind.parties.value, len(expected.parties), 1)


def _called(name: str, patterns: Sequence[str]) -> bool:
    return any(_pattern(pattern).match(name.lower()) for pattern in patterns)


@lru_cache(maxsize=500)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob.lower()))
