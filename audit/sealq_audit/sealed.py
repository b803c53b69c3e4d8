"""Documents with seals: whether those who should have sealed did, and with the right seals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealq_audit.claims import ClaimReader, Seal
from sealq_audit.expectations import Party
from sealq_audit.matching import Grade, Match, Matcher, evidence
from sealq_audit.names import distinct
from sealq_audit.needs import Need
from sealq_audit.purpose_check import PurposeCheck, Signatory
from sealq_audit.purposes import PurposeComparer
from sealq_audit.rulings import Ruling, review, ruling
from sealq_storage.verdicts import Verdict

#: Between companies in a sentence.
_AND = ", "


@dataclass(frozen=True)
class Standing:
    """An expected company, and how the seals stand to it, those that speak most for it first."""

    party: Party
    matches: Sequence[Match]

    @property
    def best(self) -> Match:
        """What speaks most for it."""
        return self.matches[0]

    @property
    def signed(self) -> bool:
        """Whether one of the seals is surely its own."""
        return self.best.grade == Grade.SAME

    @property
    def signatory(self) -> Signatory:
        """The company with its seals."""
        own = (match.seal for match in self.matches if match.grade == Grade.SAME)
        return Signatory(self.party.name, tuple(own))


@dataclass(frozen=True)
class SealedCheck:
    """Rules on documents that bear seals."""

    reader: ClaimReader
    purposes: PurposeComparer

    def ruling(self, seals: Sequence[Seal], need: Need) -> Ruling:
        """Rule on a document by its seals, of which there is at least one, and what it needs."""
        matcher = Matcher(self.reader)
        standings = [Standing(party, matcher.best(seals, party)) for party in need.parties]
        signed = [standing.signatory for standing in standings if standing.signed]
        if len(signed) < min(len(standings), need.count):
            found = self._absent(standings, need)
        else:
            found = self._signed(signed, seals, need)
        return found.with_evidence(
            each for standing in standings for each in evidence(standing.best, standing.party)
        )

    def _absent(self, standings: Sequence[Standing], need: Need) -> Ruling:
        """Rule on a document that not all expected companies have surely sealed."""
        absent = [standing for standing in standings if not standing.signed]
        likeliest = max(absent, key=lambda standing: standing.best.grade)
        best = likeliest.best
        if best.grade in {Grade.NEAR, Grade.DOUBTFUL}:
            return review(best.why, **_values(best, likeliest.party))
        if best.grade == Grade.ILLEGIBLE:
            return ruling(Verdict.UNREADABLE, "illegible", **_values(best, likeliest.party))
        return self._by_others(standings, likeliest.party, need)

    def _by_others(self, standings: Sequence[Standing], absent: Party, need: Need) -> Ruling:
        """Rule on a document that others surely sealed, or nobody who is a company."""
        signed = [standing.party.name for standing in standings if standing.signed]
        matches = next(each.matches for each in standings if each.party == absent)
        others = [match.seal for match in matches if match.grade == Grade.OTHER]
        strangers = [
            company.name for company in self._companies(others) if not self._among(company, signed)
        ]
        if not signed and not strangers:
            return review("no_company")
        values = {"expected": absent.name, "needed": need.count}
        if signed and len(self._distinct([*signed, *strangers])) < need.count:
            found = _AND.join(signed)
            return ruling(Verdict.TOO_FEW_PARTIES, "party_absent", found=found, **values)
        return ruling(Verdict.WRONG_COMPANY, "wrong_company", found=_AND.join(strangers), **values)

    def _signed(self, signed: Sequence[Signatory], seals: Sequence[Seal], need: Need) -> Ruling:
        """Rule on a document that all expected companies have sealed."""
        names = [company.name for company in signed]
        own = {id(seal) for company in signed for seal in company.seals}
        rest = [seal for seal in seals if id(seal) not in own]
        companies = [each for each in self._companies(rest) if not self._among(each, names)]
        names += [company.name for company in companies]
        if len(signed) < need.count and len(self._distinct(names)) < need.count:
            return self._too_few(names, rest, need)
        check = PurposeCheck(self.purposes, self.reader.rules.bare_seal.value, need.purposes)
        more = sorted(companies, key=check.fit, reverse=True)[: need.count - len(signed)]
        return check.fault([*signed, *more]) or _fits(check, signed, more)

    def _too_few(self, names: Sequence[str], rest: Sequence[Seal], need: Need) -> Ruling:
        """Rule on a document with fewer companies that are surely different than it needs."""
        for seal in rest:
            if seal.owner and not self._reliable(seal):
                said = Match(seal, Grade.DOUBTFUL, "", seal.owner)
                return review("doubtful_owner", evidence(said), **_values(said))
        for seal in rest:
            if not seal.owner and seal.of_company:
                said = Match(seal, Grade.ILLEGIBLE)
                return ruling(
                    Verdict.UNREADABLE, "illegible_owner", evidence(said), **_values(said)
                )
        if not names:
            return review("no_company")
        values = {"found": _AND.join(names), "needed": need.count}
        if len(names) >= need.count:
            return review("alike_companies", **values)
        return ruling(Verdict.TOO_FEW_PARTIES, "too_few", **values)

    def _companies(self, seals: Iterable[Seal]) -> list[Signatory]:
        """Return who surely owns these seals, each company once."""
        companies: list[Signatory] = []
        for seal in filter(self._reliable, seals):
            name = seal.owners[0].text
            known = next((each for each in companies if self._same(name, each.name)), None)
            if known:
                companies.remove(known)
            companies.append(
                Signatory(known.name if known else name, (*(known.seals if known else ()), seal))
            )
        return companies

    def _reliable(self, seal: Seal) -> bool:
        """Whether a seal surely names its owner, and in full."""
        return bool(seal.owner and seal.owner.sure and self.reader.complete(seal.owner.text))

    def _among(self, company: Signatory, names: Iterable[str]) -> bool:
        return any(self._same(company.name, name) for name in names)

    def _same(self, one: str, other: str) -> bool:
        return self.reader.rules.comparer.same(one, other)

    def _distinct(self, names: Sequence[str]) -> list[str]:
        rules = self.reader.rules
        return distinct(names, rules.comparer, rules.thresholds.near_name.value)


def _fits(
    check: PurposeCheck, expected: Sequence[Signatory], others: Sequence[Signatory]
) -> Ruling:
    """Return that all is as it should be, and by whose seals."""
    seals = [(company.name, check.best(company)) for company in (*expected, *others)]
    shown = [
        f"{name} ({stated})" if (stated := check.stated(seal)) else name for name, seal in seals
    ]
    code = "fits" if expected else "sealed"
    return ruling(
        Verdict.OK, code, [check.evidence(seal) for _, seal in seals], found=_AND.join(shown)
    )


def _values(match: Match, party: Party | None = None) -> dict[str, object]:
    """Return what stands in a sentence about a match."""
    tax_id = match.seal.tax_id
    return {
        "page": match.seal.region.page,
        "said": match.said.text if match.said else "",
        "score": f"{match.said.score:.2f}" if match.said else "",
        "expected": party.name if party else "",
        "tax_id": tax_id.text if tax_id else "",
    }
