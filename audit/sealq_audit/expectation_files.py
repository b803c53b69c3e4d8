"""Expectation files: CSV, JSON lines or XLSX, with English or Chinese headers, row by row."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sealq_audit.errors import ExpectationError
from sealq_audit.expectations import Expectation, Expectations, Party
from sealq_audit.extras import needs_extra

#: A row: cells by column, and where it stands.
Row = tuple[str, Mapping[str, str]]

#: Columns, and what else their headers may be called.
COLUMNS: Mapping[str, frozenset[str]] = {
    "document": frozenset({"file", "path", "文件", "文件名", "文档", "单据"}),
    "legal_name": frozenset(
        {"legal_names", "name", "company", "名称", "公司", "公司名称", "单位名称"}
    ),
    "tax_id": frozenset({"tax_ids", "税号", "纳税人识别号", "统一社会信用代码"}),
    "kind": frozenset({"type", "类型", "种类", "单据类型"}),
    "purposes": frozenset({"purpose", "用途", "印章用途", "印章类型"}),
    "parties": frozenset({"party_count", "方数", "签章方数", "盖章方数"}),
}

#: Between several values in one cell.
_SEPARATORS = re.compile(r"[;；\n]")
#: Encodings of CSV files: Excel in China writes the second.
_ENCODINGS = ("utf-8-sig", "gb18030")
_TAX_ID = re.compile(r"[0-9A-Z]{15,20}")
#: A spreadsheet keeps fifteen digits of a number.
_LARGEST_NUMBER = 10**15
_REMEDY = "Mend the file"


def load_expectations(path: Path, kinds: Collection[str]) -> Expectations:
    """Read an expectation file.

    Args:
        path: `.csv`, `.jsonl` or `.xlsx`.
        kinds: Kinds of documents that the rules know.

    Raises:
        ExpectationError: It can't be read, or says something that can't be meant; names file, line,
            column, reason and remedy.
    """
    readers: Mapping[str, Callable[[Path], Iterator[Row]]] = {
        ".csv": _csv_rows,
        ".jsonl": _jsonl_rows,
        ".xlsx": _xlsx_rows,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ExpectationError(
            f"Expectation file {path}: {path.suffix or 'no ending'} is no form that sealq reads. "
            f"Save it as one of {', '.join(readers)}."
        )
    try:
        return Expectations.of(_expectation(place, row, kinds) for place, row in reader(path))
    except OSError as exc:
        raise ExpectationError(
            f"Expectation file {path} can't be read ({exc.strerror}). Mend --expect."
        ) from exc
    except ExpectationError as exc:
        raise ExpectationError(f"Expectation file {path}, {exc}") from exc


def _expectation(place: str, row: Mapping[str, str], kinds: Collection[str]) -> Expectation:
    document = row.get("document", "")
    if not document:
        raise ExpectationError(
            f"{place}, column document: there is none. {_REMEDY}: a path, a file name, a pattern "
            "with * or a sha256."
        )
    return Expectation(
        document=document,
        parties=tuple(_parties(place, row)),
        kind=_kind(place, row.get("kind", ""), kinds),
        purposes=tuple(_several(row.get("purposes", ""))),
        party_count=_count(place, row.get("parties", "")),
        place=place,
    )


def _parties(place: str, row: Mapping[str, str]) -> Iterator[Party]:
    names, tax_ids = _several(row.get("legal_name", "")), _several(row.get("tax_id", ""))
    if tax_ids and len(names) != len(tax_ids):
        raise ExpectationError(
            f"{place}, column tax_id: {len(tax_ids)} for {len(names)} in legal_name. {_REMEDY}: "
            "one for each name, in the same order, or a row for each company."
        )
    for name, tax_id in zip_longest(names, tax_ids):
        yield Party(name, _tax_id(place, tax_id) if tax_id else None)


def _tax_id(place: str, cell: str) -> str:
    tax_id = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", cell)).upper()
    if not _TAX_ID.fullmatch(tax_id):
        raise ExpectationError(
            f"{place}, column tax_id: {cell} is no tax number of 15 to 20 digits and letters. "
            f"{_REMEDY}: format the column as text before the numbers go in; a spreadsheet keeps "
            "15 digits of a number."
        )
    return tax_id


def _kind(place: str, kind: str, kinds: Collection[str]) -> str | None:
    if kind and kind not in kinds:
        raise ExpectationError(
            f"{place}, column kind: {kind} is none that the rules know. {_REMEDY}: one of "
            f"{', '.join(kinds)}; or add the kind with --rules."
        )
    return kind or None


def _count(place: str, cell: str) -> int | None:
    if not cell:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", cell):
        raise ExpectationError(
            f"{place}, column parties: {cell} is no number of companies. {_REMEDY}: 0 for a "
            "document that needs no seal, 1, 2, ..."
        )
    return int(cell)


def _several(cell: str) -> list[str]:
    return [part for part in map(str.strip, _SEPARATORS.split(cell)) if part]


def _csv_rows(path: Path) -> Iterator[Row]:
    with io.StringIO(_text(path), newline="") as file:
        reader = csv.reader(file)
        try:
            header = _header("line 1", next(reader, []))
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield f"line {reader.line_num}", _row(header, cells)
        except csv.Error as exc:
            raise ExpectationError(
                f"line {reader.line_num}: {exc}. {_REMEDY}: cells with commas or line breaks stand "
                "in double quotes."
            ) from exc


def _text(path: Path) -> str:
    data = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ExpectationError(
        f"the text is neither UTF-8 nor GB18030. {_REMEDY}: save it as CSV UTF-8, or as XLSX."
    )


def _jsonl_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                place = f"line {number}"
                record = _record(place, line)
                header = _header(place, list(record))
                yield place, _row(header, [_joined(value) for value in record.values()])


def _record(place: str, line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as exc:
        raise ExpectationError(f"{place}: no JSON: {exc}. {_REMEDY}: one object a line.") from exc
    if not isinstance(record, dict):
        raise ExpectationError(f'{place}: no object. {_REMEDY}: {{"document": ...}} a line.')
    return record


def _joined(value: Any) -> str:
    return ";".join(map(_cell, value)) if isinstance(value, list) else _cell(value)


def _xlsx_rows(path: Path) -> Iterator[Row]:
    with needs_extra("audit", "An XLSX file"):
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError) as exc:
        raise ExpectationError(f"the file is no XLSX: {exc}. Save it again, or as CSV.") from exc
    try:
        # The first sheet, whatever was in front when it was saved.
        rows = book.worksheets[0].iter_rows(values_only=True)
        header = _header("line 1", [_cell(value) for value in next(rows, ())])
        for number, values in enumerate(rows, start=2):
            cells = [_cell(value) for value in values]
            if any(cells):
                yield f"line {number}", _row(header, cells)
    finally:
        book.close()


def _header(place: str, cells: Sequence[str]) -> list[str | None]:
    """Return the column of each cell; None for one that sealq does not know."""
    columns = [_column(cell) for cell in cells]
    known = [column for column in columns if column]
    if "document" not in known:
        raise ExpectationError(
            f"{place}: no column document (or 文件) among {', '.join(cells) or 'no columns'}. "
            f"{_REMEDY}: the first line names the columns: {', '.join(COLUMNS)}."
        )
    twice = next((column for column in known if known.count(column) > 1), None)
    if twice:
        raise ExpectationError(f"{place}, column {twice}: it is there twice. {_REMEDY}: keep one.")
    return columns


def _column(cell: str) -> str | None:
    """Return which column a header means; others may stand there for people."""
    name = unicodedata.normalize("NFKC", cell).strip().lower().replace(" ", "_")
    return next((column for column, also in COLUMNS.items() if name in {column, *also}), None)


def _row(header: Sequence[str | None], cells: Sequence[str]) -> Mapping[str, str]:
    pairs = zip(header, cells, strict=False)
    return {column: cell.strip() for column, cell in pairs if column}


def _cell(value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "" if value is None else str(value).strip()
    # What has more digits lost some of them, and must not pass for a number that was written.
    whole = value == int(value) and abs(value) < _LARGEST_NUMBER
    return str(int(value)) if whole else f"{value:g}"
