"""Verdicts for people (a table) and for programs (JSON, JSON lines, CSV)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TextIO

from sealq_audit.reasons import Language, sentence
from sealq_configs.records import write_csv, write_json, write_jsonl
from sealq_configs.terminal import write_table
from sealq_storage.objects import ObjectStore
from sealq_storage.verdicts import Evidence, VerdictResult

#: What `--format` takes.
FORMATS = ("table", "json", "jsonl", "csv")
#: Columns of a CSV: of the evidence the first piece, which the verdict rests on most.
COLUMNS = (
    *("document", "verdict", "reason", "kind", "page", "region", "field", "text", "score"),
    *("expected", "similarity", "picture"),
)


def reason_in(result: VerdictResult, language: Language) -> str:
    """Return the reason of a stored verdict in a language."""
    if language == "en" or not result.reason_code:
        return result.reason
    return sentence(result.reason_code, result.reason_values, language)


def verdict_record(
    result: VerdictResult, objects: ObjectStore, language: Language = "en"
) -> dict[str, Any]:
    """Return a verdict as in `--format json`; docs/audit.md describes the fields."""
    return {
        "document": result.document,
        "verdict": result.verdict.value,
        "reason": reason_in(result, language),
        "reason_code": result.reason_code,
        "kind": result.kind,
        "evidence": [_located(each, objects) for each in result.evidence],
        "expectation": result.expectation,
        "rules_digest": result.rules_digest,
        "created_at": result.created_at.isoformat(),
    }


def write_verdicts(
    results: Iterable[VerdictResult],
    objects: ObjectStore,
    form: str,
    out: TextIO,
    language: Language = "en",
) -> None:
    """Write verdicts in a form of `FORMATS`; all but the table are written as they come."""
    if form == "table":
        write_table((_row(result, language) for result in results), out, empty="No documents.")
        return
    records = (verdict_record(result, objects, language) for result in results)
    if form == "csv":
        write_csv(map(_cells, records), COLUMNS, out)
    elif form == "jsonl":
        write_jsonl(records, out)
    else:
        write_json(records, out)


def _located(evidence: Evidence, objects: ObjectStore) -> dict[str, Any]:
    picture = objects.locate(evidence.picture) if evidence.picture else None
    return {**asdict(evidence), "picture": picture}


def _row(result: VerdictResult, language: Language) -> dict[str, str]:
    return {
        "verdict": result.verdict.value,
        "document": result.document,
        "reason": reason_in(result, language),
    }


def _cells(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a verdict as one flat row of `COLUMNS`."""
    first = record["evidence"][0] if record["evidence"] else {}
    flat = {**first, **record}
    return {name: flat.get(name) for name in COLUMNS}
