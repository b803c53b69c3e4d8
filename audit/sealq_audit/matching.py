"""Which seals are those of an expected company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from sealq_audit.claims import Claim, ClaimReader, Seal
from sealq_audit.expectations import Party
from sealq_audit.names import plain
from sealq_storage.verdicts import Evidence

#: Letters that tax numbers never have, and the digits that they are read for.
_DIGITS = str.maketrans("OISZ", "0152")


class Grade(IntEnum):
    """How a seal stands to a company; what speaks more for it is greater."""

    NO_COMPANY = 0  # a person's seal, or a remark
    OTHER = 1  # surely another company's
    ILLEGIBLE = 2  # anybody's
    DOUBTFUL = 3  # reads otherwise, but not surely
    NEAR = 4  # nearly, or only by its tax number, or by the name alone and against its tax number
    SAME = 5


@dataclass(frozen=True)
class Match:
    """A seal and how it stands to a company.

    Attributes:
        seal: The seal.
        grade: How it stands.
        why: Of doubt: `near`, `unsure`, `tax_id_other`, `tax_id_only`, `illegible` or `doubtful`;
            empty elsewhere.
        said: The text that was compared.
        similarity: Of that text and the expected name, 0 to 1; None: nothing was compared.
    """

    seal: Seal
    grade: Grade
    why: str = ""
    said: Claim | None = None
    similarity: float | None = None


@dataclass(frozen=True)
class Matcher:
    """Compares seals with companies by the rules."""

    reader: ClaimReader

    def best(self, seals: Sequence[Seal], party: Party) -> list[Match]:
        """Return how seals stand to a company, those that speak most for it first."""
        matches = [self.match(seal, party) for seal in seals]
        return sorted(matches, key=lambda match: (-match.grade, -(match.similarity or 0.0)))

    def match(self, seal: Seal, party: Party) -> Match:
        """Return how a seal stands to a company."""
        if not seal.owners:
            return self._unnamed(seal, party)
        comparer = self.reader.rules.comparer
        said = max(seal.owners, key=lambda owner: comparer.similarity(owner.text, party.name))
        alike = comparer.similarity(said.text, party.name)
        if comparer.same(said.text, party.name):
            return self._same(seal, party, said)
        if self._near(said, alike, party) or self._guessed(seal, party):
            return Match(seal, Grade.NEAR, "near", said, alike)
        if _tax_id_fits(seal, party):
            return Match(seal, Grade.NEAR, "tax_id_only", said, alike)
        shown = seal.owners[0]
        if shown.sure and self.reader.complete(shown.text):
            return Match(seal, Grade.OTHER, "", shown, alike)
        return Match(seal, Grade.DOUBTFUL, "doubtful", shown, alike)

    def _unnamed(self, seal: Seal, party: Party) -> Match:
        if _tax_id_fits(seal, party):
            return Match(seal, Grade.NEAR, "tax_id_only")
        if self._guessed(seal, party) or seal.of_company:
            return Match(seal, Grade.ILLEGIBLE, "illegible")
        return Match(seal, Grade.NO_COMPANY)

    def _same(self, seal: Seal, party: Party, said: Claim) -> Match:
        if not said.sure:
            return Match(seal, Grade.NEAR, "unsure", said, 1.0)
        if seal.tax_id and seal.tax_id.sure and party.tax_id and not _tax_id_fits(seal, party):
            return Match(seal, Grade.NEAR, "tax_id_other", said, 1.0)
        return Match(seal, Grade.SAME, "", said, 1.0)

    def _near(self, said: Claim, alike: float, party: Party) -> bool:
        near = alike >= self.reader.rules.thresholds.near_name.value
        return near or self.reader.rules.comparer.fragment(said.text, party.name)

    def _guessed(self, seal: Seal, party: Party) -> bool:
        """Whether an alternative of the reading is the company."""
        return any(self.reader.rules.comparer.same(guess, party.name) for guess in seal.guesses)


def evidence(match: Match, party: Party | None = None) -> tuple[Evidence, ...]:
    """Return what a match rests on: the owner's name, and the tax number where one is known."""
    region = match.seal.region
    owner = Evidence(
        page=region.page,
        region=region.number,
        field="owner",
        text=match.said.text if match.said else None,
        score=match.said.score if match.said else None,
        expected=party.name if party else None,
        similarity=match.similarity,
        picture=region.picture,
    )
    tax_id = match.seal.tax_id
    if tax_id is None or party is None or party.tax_id is None:
        return (owner,)
    number = Evidence(
        page=region.page,
        region=region.number,
        field="tax_id",
        text=tax_id.text,
        score=tax_id.score,
        expected=party.tax_id,
        similarity=1.0 if _tax_id_fits(match.seal, party) else 0.0,
        picture=region.picture,
    )
    return owner, number


def _tax_id_fits(seal: Seal, party: Party) -> bool:
    if seal.tax_id is None or party.tax_id is None:
        return False
    return _digits(seal.tax_id.text) == _digits(party.tax_id)


def _digits(tax_id: str) -> str:
    return plain(tax_id).translate(_DIGITS)
