"""Rows as CSV or as JSON lines."""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from typing import BinaryIO

from sealq_audit.export.cells import safe
from sealq_audit.export.columns import Column, Row, Rows
from sealq_configs.records import write_csv, write_jsonl


def write_csv_file(rows: Rows, columns: Sequence[Column], out: BinaryIO, *, bom: bool) -> None:
    """Write a header and a row each, in UTF-8.

    Args:
        rows: What is written.
        columns: Of each row.
        out: Where to; stays open.
        bom: Whether the file begins with a byte order mark: without, Excel takes Chinese for
            something else.
    """
    if bom:
        out.write(codecs.BOM_UTF8)
    text = _text(out)
    write_csv(map(_safe, rows), [column.name for column in columns], text)
    text.detach()


def write_jsonl_file(rows: Rows, columns: Sequence[Column], out: BinaryIO) -> None:
    """Write an object per line, in UTF-8."""
    names = [column.name for column in columns]
    text = _text(out)
    write_jsonl(({name: row[name] for name in names} for row in rows), text)
    text.detach()


def _safe(row: Row) -> Row:
    return {name: safe(value) for name, value in row.items()}


def _text(out: BinaryIO) -> io.TextIOWrapper:
    """Return a stream of text into a file; the caller detaches it, so that the file stays open."""
    return io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="")
