"""The verdict on one document."""

from __future__ import annotations

from sealq_audit.claims import ClaimReader
from sealq_audit.expectations import Expectation
from sealq_audit.needs import Need, need_of
from sealq_audit.purposes import PurposeComparer
from sealq_audit.reasons import sentence
from sealq_audit.rules import Rules
from sealq_audit.rulings import Ruling, ruling
from sealq_audit.sealed import SealedCheck
from sealq_audit.unsealed import not_read, without_seal
from sealq_configs.purposes import Vocabulary
from sealq_storage.seen import SeenDocument
from sealq_storage.verdicts import NewVerdict, Verdict


class Judge:
    """Judges documents by rules."""

    def __init__(self, rules: Rules, vocabulary: Vocabulary) -> None:
        self.rules = rules
        purposes = PurposeComparer(vocabulary)
        self._reader = ClaimReader(rules, purposes)
        self._sealed = SealedCheck(self._reader, purposes)

    def verdict(self, document: SeenDocument, expectation: Expectation | None) -> NewVerdict:
        """Return the verdict on a document; None is expected of one that nobody speaks of."""
        need = need_of(document.source, expectation, self.rules)
        found = not_read(document) or self._by_need(document, need)
        values = {**found.values, "kind": need.kind, "known_by": need.known_by.value}
        return NewVerdict(
            document_id=document.id,
            verdict=found.verdict,
            reason=sentence(found.code, values),
            reason_code=found.code,
            reason_values=values,
            kind=need.kind,
            evidence=found.evidence,
            expectation=expectation.to_json() if expectation else None,
        )

    def _by_need(self, document: SeenDocument, need: Need) -> Ruling:
        if need.seal == "none":
            return ruling(Verdict.OK, "needs_none")
        seals = [self._reader.read(region) for region in document.labelled("seal")]
        if not seals:
            return without_seal(document, need, self.rules.thresholds.empty_page.value)
        return self._sealed.ruling(seals, need)
