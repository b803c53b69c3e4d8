"""Whether the seals of those who sealed are for what the document takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from sealq_audit.claims import Seal
from sealq_audit.purposes import NEAR, PurposeComparer
from sealq_audit.rulings import Ruling, review, ruling
from sealq_storage.verdicts import Evidence, Verdict


class Fit(IntEnum):
    """How the purpose of a seal stands to what is taken."""

    OTHER = 0
    UNSURE = 1
    FITS = 2


@dataclass(frozen=True)
class Signatory:
    """A company that sealed, with its seals."""

    name: str
    seals: tuple[Seal, ...]


@dataclass(frozen=True)
class PurposeCheck:
    """Compares the purposes of seals with those that a document takes.

    Attributes:
        comparer: Knows which spellings mean the same.
        bare_seal: Purpose of a seal that states none.
        taken: What is taken; empty: anything.
    """

    comparer: PurposeComparer
    bare_seal: str
    taken: Sequence[str]

    def fault(self, signatories: Sequence[Signatory]) -> Ruling | None:
        """Rule on the first signatory none of whose seals fits; None: all have one that does."""
        worst = min(signatories, key=self.fit, default=None)
        if worst is None or self.fit(worst) == Fit.FITS:
            return None
        seal = self.best(worst)
        stated = seal.purpose.text if seal.purpose else ""
        values = {"name": worst.name, "taken": ", ".join(self.taken), "page": seal.region.page}
        if self.fit(worst) == Fit.OTHER:
            stated = stated or self.bare_seal
            return ruling(
                Verdict.WRONG_PURPOSE, "wrong_purpose", [self.evidence(seal)], said=stated, **values
            )
        code = "purpose_doubtful" if stated else "purpose_unknown"
        return review(code, [self.evidence(seal)], said=stated, **values)

    def fit(self, signatory: Signatory) -> Fit:
        """Return how the seal that fits best stands."""
        return self._seal_fit(self.best(signatory))

    def best(self, signatory: Signatory) -> Seal:
        """Return the seal whose purpose fits best."""
        return max(signatory.seals, key=self._seal_fit)

    def stated(self, seal: Seal) -> str:
        """Return what a seal is for, as it says; empty: nobody knows."""
        return seal.purpose.text if seal.purpose else self.bare_seal if seal.bare else ""

    def evidence(self, seal: Seal) -> Evidence:
        """Return what a seal says of its purpose."""
        return Evidence(
            page=seal.region.page,
            region=seal.region.number,
            field="purpose",
            text=seal.purpose.text if seal.purpose else None,
            score=seal.purpose.score if seal.purpose else None,
            expected=", ".join(self.taken) or None,
            picture=seal.region.picture,
        )

    def _seal_fit(self, seal: Seal) -> Fit:
        if not self.taken:
            return Fit.FITS
        stated = self.stated(seal)
        sure = seal.purpose.sure if seal.purpose else seal.bare
        if self.comparer.key(stated) in map(self.comparer.key, self.taken):
            return Fit.FITS if sure else Fit.UNSURE
        # One purpose is often nearly another: a known one is no misreading.
        known = self.comparer.known(stated)
        near = not known and self.comparer.nearest(stated, self.taken) >= NEAR
        return Fit.OTHER if sure and not near else Fit.UNSURE
