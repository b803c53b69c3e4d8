"""Verdicts on documents: written by an audit, which replaces those of the one before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from sealq_storage.sql.engine import dialect_of
from sealq_storage.sql.tables import Document
from sealq_storage.sql.verdict_tables import DocumentVerdict

#: Rows fetched from the database at a time.
FETCH_ROWS = 1000


class Verdict(StrEnum):
    """What an audit says of a document; those that need a person first stand first."""

    WRONG_COMPANY = "wrong_company"  # sealed, by nobody who was expected
    MISSING = "missing"  # no seal, on pages that were all read and look empty
    WRONG_PURPOSE = "wrong_purpose"  # the right company, with a seal for something else
    TOO_FEW_PARTIES = "too_few_parties"  # sealed, by fewer companies than it needs
    UNREADABLE = "unreadable"  # sealed, and nobody can say by whom
    REVIEW = "review"  # in doubt: a person has to look
    OK = "ok"


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on: one thing that was seen, or was looked for."""

    #: From 1; None: the document as a whole.
    page: int | None = None
    #: Number of the region on its page.
    region: int | None = None
    #: `owner`, `purpose`, `tax_id`, or what else was looked at, such as `cut_seal` or `page`.
    field: str | None = None
    text: str | None = None
    #: How sure the reading is, 0 to 1; for `page` how surely it is empty.
    score: float | None = None
    #: What stands against the text.
    expected: str | None = None
    #: How alike both are, 0 to 1.
    similarity: float | None = None
    #: Object key of the seal's picture, or of the page's.
    picture: str | None = None


@dataclass(frozen=True)
class NewVerdict:
    """A verdict that is not stored yet."""

    document_id: int
    verdict: Verdict
    #: One sentence, in English.
    reason: str
    #: As the rules name kinds of documents.
    kind: str
    evidence: tuple[Evidence, ...] = ()
    #: What was expected, as JSON values; None: nobody said.
    expectation: Mapping[str, Any] | None = None
    #: Which sentence the reason is, and what stands in it: `sealq_audit.reasons` says it in other
    #: languages. Empty: it is none of those.
    reason_code: str = ""
    reason_values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VerdictResult:
    """A stored verdict with its document."""

    document_id: int
    document: str
    verdict: Verdict
    reason: str
    reason_code: str
    reason_values: Mapping[str, str]
    kind: str
    evidence: tuple[Evidence, ...]
    expectation: Mapping[str, Any] | None
    rules_digest: str
    created_at: datetime


def save_verdicts(
    session: Session, job_id: str, verdicts: Sequence[NewVerdict], rules_digest: str
) -> None:
    """Store verdicts; those that stand for the same documents are replaced."""
    if not verdicts:
        return
    insert = dialect_of(session).insert(DocumentVerdict)
    replaced = {name: insert.excluded[name] for name in _REPLACED}
    rows = [{"job_id": job_id, "rules_digest": rules_digest, **_values(new)} for new in verdicts]
    session.execute(
        insert.on_conflict_do_update(index_elements=["document_id"], set_=replaced), rows
    )


def stream_verdicts(
    session: Session, job_id: str, only: Collection[Verdict] = ()
) -> Iterator[VerdictResult]:
    """Yield the verdicts of a job in constant memory, those that need a person first.

    Args:
        session: Where they are.
        job_id: Whose.
        only: Verdicts that are wanted; empty: all.
    """
    query = _verdicts().where(DocumentVerdict.job_id == job_id)
    if only:
        query = query.where(DocumentVerdict.verdict.in_(only))
    query = query.order_by(urgency(), DocumentVerdict.document_id)
    for source, row in session.execute(query.execution_options(yield_per=FETCH_ROWS)):
        yield _result(source, row)


def verdict_of(session: Session, document_id: int) -> VerdictResult | None:
    """Return the verdict on a document; None: no audit looked at it."""
    query = _verdicts().where(DocumentVerdict.document_id == document_id)
    found = session.execute(query).one_or_none()
    return _result(*found) if found else None


def verdicts_of(session: Session, document_ids: Collection[int]) -> dict[int, VerdictResult]:
    """Return the verdicts on these documents, by document."""
    query = _verdicts().where(DocumentVerdict.document_id.in_(document_ids))
    return {row.document_id: _result(source, row) for source, row in session.execute(query)}


def count_verdicts(session: Session, job_id: str) -> dict[Verdict, int]:
    """Count the verdicts of a job, those that need a person first; empty: no audit looked."""
    query = (
        select(DocumentVerdict.verdict, func.count())
        .where(DocumentVerdict.job_id == job_id)
        .group_by(DocumentVerdict.verdict)
    )
    counts = dict(session.execute(query).all())
    return {verdict: counts[verdict] for verdict in Verdict if verdict in counts}


def urgency() -> ColumnElement[int]:
    """Return what orders `DocumentVerdict` so that those that need a person come first."""
    places = {verdict.value: place for place, verdict in enumerate(Verdict)}
    return case(places, value=DocumentVerdict.verdict, else_=len(places))


#: Columns that another audit writes again.
_REPLACED = (
    *("verdict", "reason", "reason_code", "reason_values", "kind", "evidence", "expectation"),
    *("rules_digest", "created_at"),
)


def _values(new: NewVerdict) -> dict[str, Any]:
    return {
        "document_id": new.document_id,
        "verdict": new.verdict.value,
        "reason": new.reason,
        "reason_code": new.reason_code,
        "reason_values": dict(new.reason_values),
        "kind": new.kind,
        "evidence": [asdict(each) for each in new.evidence],
        "expectation": dict(new.expectation) if new.expectation is not None else None,
    }


def _verdicts() -> Select[str, DocumentVerdict]:
    return select(Document.source, DocumentVerdict).join(
        Document, Document.id == DocumentVerdict.document_id
    )


def _result(source: str, row: DocumentVerdict) -> VerdictResult:
    return VerdictResult(
        document_id=row.document_id,
        document=source,
        verdict=Verdict(row.verdict),
        reason=row.reason,
        reason_code=row.reason_code,
        reason_values=row.reason_values,
        kind=row.kind,
        evidence=tuple(Evidence(**each) for each in row.evidence),
        expectation=row.expectation,
        rules_digest=row.rules_digest,
        created_at=row.created_at,
    )
