"""Results for people (a table) and for programs (JSON, JSON lines, CSV), written as they come."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import READING_JSON
from sealq_storage.results import PageResult, RegionResult

#: Between the lines of a seal where they stand in one cell.
LINE_SEPARATOR = " / "
#: Columns of a table that goes into a file or a pipe: nothing is cut or wrapped there.
PIPE_WIDTH = 10_000

Record = Mapping[str, Any]


def region_record(region: RegionResult, objects: ObjectStore) -> Record:
    """Return a region as in `--format json`; docs/results.md describes the fields."""

    def located(name: str) -> str | None:
        return objects.locate(f"{region.object_prefix}/{name}") if name in wanted else None

    wanted = {*region.pictures, READING_JSON}
    return {
        "document": region.document,
        "page": region.page,
        "page_width": region.page_width,
        "page_height": region.page_height,
        "region": region.region,
        "frame": region.frame,
        "box": list(region.box),
        "score": region.score,
        "lines": [
            {"text": line.text, "score": line.score, "polygon": line.polygon}
            for line in region.lines
        ],
        "picture": located(f"seal_res_region{region.region}.jpg"),
        "page_picture": located("layout_det_res.jpg"),
        "reading": located(READING_JSON),
    }


def page_record(page: PageResult) -> Record:
    """Return a page as in `--pages --format json`."""
    return {
        "document": page.document,
        "page": page.page,
        "state": page.state,
        "regions": page.regions,
        "page_width": page.page_width,
        "page_height": page.page_height,
        "looked": page.looked,
        "error_code": page.error_code,
        "error": page.error,
    }


def _region_cells(record: Record) -> dict[str, Any]:
    """Return a region as one flat row."""
    names = ("document", "page", "page_width", "page_height", "region")
    box = zip(("x1", "y1", "x2", "y2"), record["box"], strict=True)
    return {
        **{name: record[name] for name in names},
        **dict(box),
        "score": record["score"],
        "text": LINE_SEPARATOR.join(line["text"] for line in record["lines"]),
        "picture": record["picture"],
        "reading": record["reading"],
    }


def _region_row(record: Record) -> dict[str, str]:
    """Return a region as people read it."""
    score = record["score"]
    return {
        "document": record["document"],
        "page": str(record["page"]),
        "seal": str(record["region"]),
        "score": "" if score is None else f"{score:.2f}",
        "text": LINE_SEPARATOR.join(line["text"] for line in record["lines"]),
        "where (x1 y1 x2 y2)": " ".join(f"{value:.0f}" for value in record["box"]),
    }


def _page_row(record: Record) -> dict[str, str]:
    reason = f"{record['error_code']}: {record['error']}" if record["error_code"] else ""
    return {
        "document": record["document"],
        "page": str(record["page"]),
        "state": record["state"],
        "seals": str(record["regions"]) if record["state"] == "done" else "",
        "reason": reason,
    }


def write_regions(
    regions: Iterable[RegionResult], objects: ObjectStore, form: str, out: TextIO
) -> None:
    """Write regions in a form of `FORMATS`."""
    records = (region_record(region, objects) for region in regions)
    _write(records, form, out, row=_region_row, cells=_region_cells)


def write_pages(pages: Iterable[PageResult], form: str, out: TextIO) -> None:
    """Write pages, those without a region too, in a form of `FORMATS`."""
    _write(map(page_record, pages), form, out, row=_page_row, cells=dict)


def _write(
    records: Iterator[Record],
    form: str,
    out: TextIO,
    *,
    row: Callable[[Record], dict[str, str]],
    cells: Callable[[Record], dict[str, Any]],
) -> None:
    if form == "table":
        write_table(map(row, records), out)
    elif form == "csv":
        _write_csv(map(cells, records), out)
    elif form == "jsonl":
        out.writelines(_json(record) + "\n" for record in records)
    else:
        _write_json(records, out)


def _write_json(records: Iterable[Record], out: TextIO) -> None:
    separator = "[\n"
    for record in records:
        out.write(separator + _json(record))
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_csv(rows: Iterable[dict[str, Any]], out: TextIO) -> None:
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, row.keys())
            writer.writeheader()
        writer.writerow({name: _defused(value) for name, value in row.items()})


def _defused(value: Any) -> Any:
    """Keep a spreadsheet from running a cell as a formula: texts come from strangers' documents."""
    risky = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if risky else value


def write_table(rows: Iterable[Mapping[str, str]], out: TextIO, empty: str = "none") -> None:
    """Write a table; on a terminal it fits the width, elsewhere nothing is wrapped or cut."""
    table: Table | None = None
    for row in rows:
        if table is None:
            table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
            for name in row:
                table.add_column(name, overflow="fold", justify=_side(name))
        table.add_row(*(Text(value) for value in row.values()))
    console = Console(file=out, highlight=False, width=None if out.isatty() else PIPE_WIDTH)
    console.print(empty if table is None else table)


def _side(column: str) -> Any:
    return "right" if column in {"page", "seal", "score", "seals", "pages", "documents"} else "left"


def _json(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False)


#: What `--format` takes.
FORMATS: Sequence[str] = ("table", "json", "jsonl", "csv")


def standard_output() -> TextIO:
    """Return stdout, in UTF-8 whatever the locale says: seals speak Chinese."""
    out = sys.stdout
    if (out.encoding or "").lower() not in {"utf-8", "utf8"} and hasattr(out, "reconfigure"):
        out.reconfigure(encoding="utf-8")
    return out
