"""What is expected of documents, and which expectation speaks of which document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import PurePosixPath
from typing import Any

from sealq_audit.errors import ExpectationError

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Party:
    """A company that is expected to have sealed."""

    name: str
    #: Its unified social credit code or older tax number; None: not known.
    tax_id: str | None = None


@dataclass(frozen=True)
class Expectation:
    """What is expected of the documents that a name, a pattern or a hash means."""

    #: Path, file name, pattern with `*` and `?`, or sha256.
    document: str
    parties: tuple[Party, ...] = ()
    #: As the rules name kinds; None: not said.
    kind: str | None = None
    #: What seals may be for; empty: as the kind says.
    purposes: tuple[str, ...] = ()
    #: Companies that have to have sealed; None: as many as are named, or as the kind says.
    party_count: int | None = None
    #: Where it stands, for messages: `line 7`.
    place: str = ""

    def joined(self, other: Expectation) -> Expectation:
        """Return this and another row for the same document as one.

        Raises:
            ExpectationError: They contradict each other.
        """
        parties = (*self.parties, *(each for each in other.parties if each not in self.parties))
        return Expectation(
            document=self.document,
            parties=parties,
            kind=self._agreed("kind", self.kind, other.kind, other),
            purposes=tuple(dict.fromkeys((*self.purposes, *other.purposes))),
            party_count=self._agreed("parties", self.party_count, other.party_count, other),
            place=self.place,
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, as it is stored with a verdict."""
        return {
            "document": self.document,
            "legal_names": [party.name for party in self.parties],
            "tax_ids": [party.tax_id for party in self.parties],
            "kind": self.kind,
            "purposes": list(self.purposes),
            "parties": self.party_count,
        }

    def _agreed(self, column: str, one: Any, another: Any, other: Expectation) -> Any:
        if None not in (one, another) and one != another:
            raise ExpectationError(
                f"{other.place}, column {column}: {another} contradicts {one} at {self.place} for "
                f"the same document {self.document}. Keep one of them."
            )
        return another if one is None else one


@dataclass
class Expectations:
    """Expectations by what they call their documents; says which of them met a document."""

    _exact: dict[str, Expectation] = field(default_factory=dict)
    _patterns: dict[str, tuple[re.Pattern[str], Expectation]] = field(default_factory=dict)
    _met: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, rows: Iterable[Expectation]) -> Expectations:
        """Collect rows; those for the same document become one.

        Raises:
            ExpectationError: Two of them contradict each other.
        """
        found = cls()
        for row in rows:
            found._add(row)
        return found

    def of_document(self, source: str, sha256: str | None) -> Expectation | None:
        """Return what is expected of a document; None: nobody said.

        Its hash counts before its path, the path before the end of it, the file's name before
        patterns, of which the first that fits counts. Capitals are a difference.
        """
        found = self._by_name(source, sha256) or self._by_pattern(source)
        if found:
            self._met.add(found.document)
        return found

    def unmet(self) -> Iterator[Expectation]:
        """Yield those that no document was asked for with, in the order of the file."""
        rows = (*self._exact.values(), *(row for _, row in self._patterns.values()))
        return (row for row in rows if row.document not in self._met)

    def _add(self, row: Expectation) -> None:
        if not set(row.document) & set("*?"):
            key = row.document.lower() if _SHA256.fullmatch(row.document.lower()) else row.document
            known = self._exact.get(key)
            self._exact[key] = known.joined(row) if known else row
            return
        pattern, known = self._patterns.get(row.document, (_pattern(row.document), None))
        self._patterns[row.document] = (pattern, known.joined(row) if known else row)

    def _by_name(self, source: str, sha256: str | None) -> Expectation | None:
        return next((self._exact[key] for key in _keys(source, sha256) if key in self._exact), None)

    def _by_pattern(self, source: str) -> Expectation | None:
        return next(
            (row for pattern, row in self._patterns.values() if pattern.match(source)), None
        )


def _keys(source: str, sha256: str | None) -> Iterator[str]:
    """Yield what an expectation may call a document, the surest first."""
    yield sha256 or ""
    yield source
    parts = PurePosixPath(source.partition("://")[2] or source).parts
    yield from ("/".join(parts[start:]) for start in range(1, len(parts)))
    yield parts[-1] if parts else ""


def _pattern(glob: str) -> re.Pattern[str]:
    """Return a pattern that a whole path has to match, or the end of it from a folder on."""
    # `translate` alone lets `*` pass slashes, as users of `--include` know it.
    return re.compile(f"(?:.*/)?{translate(glob)}", re.DOTALL)
