"""One job, one file: which rows, in which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from sqlalchemy.orm import Session

from sealq_audit.export.columns import COLUMNS, Per, Rows
from sealq_audit.export.parquet import write_parquet_file
from sealq_audit.export.rows import Job, document_rows, exception_rows, seal_rows
from sealq_audit.export.spreadsheet import write_xlsx_file
from sealq_audit.export.text_files import write_csv_file, write_jsonl_file

Format = Literal["csv", "jsonl", "parquet", "xlsx"]

FORMATS: Sequence[Format] = ("csv", "jsonl", "parquet", "xlsx")
#: Those that may go to a terminal or a pipe.
TEXT_FORMATS: Sequence[Format] = ("csv", "jsonl")

_ROWS: Mapping[Per, Callable[[Session, Job], Rows]] = {
    "seal": seal_rows,
    "document": document_rows,
    "exception": exception_rows,
}
_TITLES: Mapping[Per, str] = {
    "seal": "Seals",
    "document": "Documents",
    "exception": "Exceptions",
}


@dataclass(frozen=True)
class Export:
    """What is exported, and how.

    Attributes:
        per: What a row stands for.
        form: One of `FORMATS`.
        bom: Whether a CSV begins with a byte order mark.
    """

    job: Job
    per: Per = "seal"
    form: Format = "csv"
    bom: bool = True


def export_job(session: Session, export: Export, out: BinaryIO) -> None:
    """Write a job in constant memory.

    Args:
        session: Where the job is; one of a factory that only reads will do.
        export: What is wanted.
        out: Where to; stays open.

    Raises:
        MissingExtraError: A library for this form is not installed.
    """
    rows, columns = _ROWS[export.per](session, export.job), COLUMNS[export.per]
    match export.form:
        case "csv":
            write_csv_file(rows, columns, out, bom=export.bom)
        case "jsonl":
            write_jsonl_file(rows, columns, out)
        case "parquet":
            write_parquet_file(rows, columns, out)
        case "xlsx":
            write_xlsx_file(rows, columns, out, _TITLES[export.per])
