"""The audit of a job: a verdict on each of its documents, stored in place of those before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sealq_audit.expectation_files import load_expectations
from sealq_audit.expectations import Expectation, Expectations
from sealq_audit.judge import Judge
from sealq_audit.rules import Rules, load_rules
from sealq_configs.purposes import load_purposes
from sealq_configs.settings import Settings
from sealq_storage.seen import SeenDocument, stream_seen
from sealq_storage.sql.opening import Database
from sealq_storage.verdicts import NewVerdict, Verdict, count_verdicts, save_verdicts


@dataclass(frozen=True)
class Audited:
    """What came of an audit.

    Attributes:
        job_id: Of which job.
        counts: Documents by verdict, those that need a person first.
        unmet: What was expected of documents that the job does not have.
    """

    job_id: str
    counts: Mapping[Verdict, int]
    unmet: Sequence[Expectation]


@dataclass(frozen=True)
class Auditor:
    """Rules and expectations, read and checked before anything is changed."""

    judge: Judge
    expectations: Expectations

    @classmethod
    def of(cls, settings: Settings, expect: Path | None, rules: Path | None) -> Auditor:
        """Read what an audit goes by.

        Args:
            settings: They may name purposes of the user's own.
            expect: Expectation file; None: nothing is expected.
            rules: Rules file; None: sealq's rules alone.

        Raises:
            RulesError: The rules can't be used.
            ExpectationError: The expectations can't be used.
            SettingsError: The purposes can't be used.
        """
        loaded: Rules = load_rules(rules)
        expected = load_expectations(expect, loaded.kinds) if expect else Expectations.of(())
        return cls(Judge(loaded, load_purposes(settings.purposes_file)), expected)

    def audit(self, database: Database, job_id: str) -> Audited:
        """Judge the documents of a job, and store the verdicts in place of all before.

        Works in constant memory and with short transactions: workers go on meanwhile. An audit that
        is broken off leaves each document with its new verdict or the one before; `rules_digest`
        says by which rules.
        """
        with (
            database.queries.begin() as reading,
            closing(stream_seen(reading, job_id)) as batches,
        ):
            for documents in batches:
                verdicts = [self._verdict(each) for each in documents]
                with database.sessions.begin() as session:
                    save_verdicts(session, job_id, verdicts, self.judge.rules.digest)
        with database.queries.begin() as session:
            counts = count_verdicts(session, job_id)
        return Audited(job_id, counts, list(self.expectations.unmet()))

    def _verdict(self, document: SeenDocument) -> NewVerdict:
        expected = self.expectations.of_document(document.source, document.sha256)
        return self.judge.verdict(document, expected)
