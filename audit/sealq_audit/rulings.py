"""What a check of a document comes to: a verdict, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sealq_storage.verdicts import Evidence, Verdict

#: Pieces of evidence that are kept: a bundle of a thousand pages has as many without a seal.
EVIDENCE_LIMIT = 20


@dataclass(frozen=True)
class Ruling:
    """A verdict and why; `reasons.yaml` has the sentence of each code."""

    verdict: Verdict
    code: str
    values: dict[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()

    def with_evidence(self, more: Iterable[Evidence]) -> Ruling:
        """Return it with more evidence, none of it twice, as much as is kept."""
        every = dict.fromkeys((*self.evidence, *more))
        return replace(self, evidence=tuple(every)[:EVIDENCE_LIMIT])


def review(code: str, evidence: Iterable[Evidence] = (), /, **values: object) -> Ruling:
    """Return that a person has to look."""
    return ruling(Verdict.REVIEW, code, evidence, **values)


def ruling(
    verdict: Verdict, code: str, evidence: Iterable[Evidence] = (), /, **values: object
) -> Ruling:
    """Return a verdict with what stands in its sentence."""
    said = {name: str(value) for name, value in values.items()}
    return Ruling(verdict, code, said).with_evidence(evidence)
