"""Records for programs: JSON, JSON lines and CSV, written as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

#: How a cell begins that a spreadsheet would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_json(records: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    """Write one list of all records."""
    separator = "[\n"
    for record in records:
        out.write(separator + _json(record))
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def write_jsonl(records: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    """Write a record per line."""
    out.writelines(_json(record) + "\n" for record in records)


def write_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], out: TextIO) -> None:
    """Write a header and a row per record; no cell runs as a formula."""
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: defused(value) for name, value in row.items()})


def defused(value: Any) -> Any:
    """Keep a spreadsheet from running a cell as a formula: texts come from strangers' documents."""
    risky = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if risky else value


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)
