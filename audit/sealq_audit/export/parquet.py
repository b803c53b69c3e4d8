"""Rows as Parquet, for data frames and warehouses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO

from sealq_audit.export.columns import Column, Kind, Rows
from sealq_audit.extras import needs_extra

#: Rows of a group: held in memory, and read as one.
GROUP_ROWS = 10_000


def write_parquet_file(rows: Rows, columns: Sequence[Column], out: BinaryIO) -> None:
    """Write rows, a group at a time.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    with needs_extra("audit", "Parquet"):
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    types: Mapping[Kind, Any] = {
        "text": pa.string(),
        "link": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in columns])
    with ParquetWriter(out, schema, compression="zstd") as writer:
        while group := list(islice(rows, GROUP_ROWS)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
