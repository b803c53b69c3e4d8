"""Rows as XLSX, written row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from sealq_audit.export.cells import safe
from sealq_audit.export.columns import DECISIONS, Column, Row, Rows, Value
from sealq_audit.extras import needs_extra

if TYPE_CHECKING:
    from openpyxl import Workbook

#: Rows that a sheet of Excel has; what is more goes into further sheets.
SHEET_ROWS = 1_048_576
#: Links that a sheet of Excel takes, with some room; further ones are plain text.
SHEET_LINKS = 65_000
#: Characters that a cell takes, and a link in it.
_CELL_CHARACTERS, _LINK_CHARACTERS = 32_767, 2000
#: Where a person writes.
_DECISION = "decision"


def write_xlsx_file(rows: Rows, columns: Sequence[Column], out: BinaryIO, title: str) -> None:
    """Write rows into as many sheets as they need; an empty one where there are none.

    Args:
        rows: What is written.
        columns: Of each row.
        out: Where to; stays open.
        title: Of the sheets; the second is called so and 2.

    Raises:
        MissingExtraError: openpyxl is not installed.
    """
    with needs_extra("audit", "XLSX"):
        from openpyxl import Workbook
    book = Workbook(write_only=True)
    for number, part in enumerate(_parts(rows), start=1):
        name = title if number == 1 else f"{title} {number}"
        _Sheet(book, name, columns).write(part)
    book.save(out)


def _parts(rows: Rows) -> Iterator[Iterator[Row]]:
    """Yield the rows of each sheet, one of them for the header; the first may be empty."""
    yield islice(rows, SHEET_ROWS - 1)
    for first in rows:
        yield chain([first], islice(rows, SHEET_ROWS - 2))


class _Sheet:
    """A sheet while it is written."""

    def __init__(self, book: Workbook, title: str, columns: Sequence[Column]) -> None:
        # Not its class: the types know little of what a sheet that is only written has.
        self._sheet: Any = book.create_sheet(title)
        self._columns = columns
        self._links = 0

    def write(self, rows: Iterator[Row]) -> None:
        """Write the header and all rows."""
        self._lay_out()
        self._sheet.append([self._header(column.name) for column in self._columns])
        for row in rows:
            self._sheet.append([self._cell(column, row[column.name]) for column in self._columns])

    def _lay_out(self) -> None:
        """Set what has to stand before the first row."""
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.datavalidation import DataValidation

        letters = [get_column_letter(place) for place in range(1, len(self._columns) + 1)]
        for letter, column in zip(letters, self._columns, strict=True):
            self._sheet.column_dimensions[letter].width = column.width
            if column.name == _DECISION:
                listed = f'"{",".join(DECISIONS)}"'
                choice = DataValidation(type="list", formula1=listed, allow_blank=True)
                choice.add(f"{letter}2:{letter}{SHEET_ROWS}")
                self._sheet.data_validations.append(choice)
        self._sheet.freeze_panes = "A2"
        self._sheet.auto_filter.ref = f"A1:{letters[-1]}{SHEET_ROWS}"

    def _header(self, name: str) -> Any:
        cell = self._new(name)
        cell.style = "Headline 3"
        return cell

    def _cell(self, column: Column, value: Value) -> Any:
        if value is None or not isinstance(value, str):
            return value
        if column.kind == "link" and len(value) <= _LINK_CHARACTERS and self._links < SHEET_LINKS:
            return self._link(value)
        return self._new(str(safe(value))[:_CELL_CHARACTERS])

    def _link(self, target: str) -> Any:
        self._links += 1
        cell = self._new(target)
        cell.hyperlink = target
        cell.style = "Hyperlink"
        return cell

    def _new(self, text: str) -> Any:
        from openpyxl.cell import WriteOnlyCell

        cell = WriteOnlyCell(self._sheet, text)
        # Whatever it begins with: text.
        cell.data_type = "s"
        return cell
