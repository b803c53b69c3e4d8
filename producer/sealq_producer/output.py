"""Results for people (a table) and for programs (JSON, JSON lines, CSV), written as they come."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TextIO

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
#: Columns of a CSV of seals.
REGION_COLUMNS = (
    *("document", "page", "page_width", "page_height", "region", "frame"),
    *("x1", "y1", "x2", "y2", "score", "text", "picture", "page_picture", "reading"),
)
#: Columns of a CSV of pages.
PAGE_COLUMNS = tuple(field.name for field in fields(PageResult))
#: Columns whose numbers stand right.
RIGHT = frozenset({"page", "seal", "score", "seals", "pages", "documents", "failed"})
#: Columns that fold when a terminal is narrow; all others stay in one piece.
FOLDING = frozenset(
    {"document", "text", "name", "reason", "value", "meaning", "from", "does", "sha256"}
)
#: Columns of a terminal below which a table leaves out what people do not read, so that a company's
#: name (eleven characters or so, each two columns wide) stands beside a long path.
NARROW = 100
LEFT_OUT = frozenset({"box"})

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
    return asdict(page)


def _region_cells(record: Record) -> dict[str, Any]:
    """Return a region as one flat row of `REGION_COLUMNS`."""
    flat = {
        **record,
        **dict(zip(("x1", "y1", "x2", "y2"), record["box"], strict=True)),
        "text": _text(record),
    }
    return {name: flat[name] for name in REGION_COLUMNS}


def _text(record: Record) -> str:
    return LINE_SEPARATOR.join(line["text"] for line in record["lines"])


def _region_row(record: Record) -> dict[str, str]:
    """Return a region as people read it."""
    score = record["score"]
    return {
        "document": record["document"],
        "page": str(record["page"]),
        "seal": str(record["region"]),
        "score": "" if score is None else f"{score:.2f}",
        "text": _text(record),
        "box": " ".join(f"{value:.0f}" for value in record["box"]),
    }


def _page_row(record: Record) -> dict[str, str]:
    reason = f"{record['error_code']}: {record['error']}" if record["error_code"] else ""
    return {
        "document": record["document"],
        "page": str(record["page"] or ""),
        "state": record["state"],
        "seals": str(record["regions"]) if record["state"] == "done" else "",
        "reason": reason,
    }


@dataclass(frozen=True)
class _Kind:
    """How one kind of record is shown where it is not JSON."""

    #: As people read it, by column.
    row: Callable[[Record], dict[str, str]]
    #: As a flat row of a CSV, and the columns of it.
    cells: Callable[[Record], dict[str, Any]]
    columns: Sequence[str]
    #: What a table says where there is none.
    empty: str


_REGIONS = _Kind(_region_row, _region_cells, REGION_COLUMNS, "No seals.")
_PAGES = _Kind(_page_row, dict, PAGE_COLUMNS, "No pages.")


def write_regions(
    regions: Iterable[RegionResult], objects: ObjectStore, form: str, out: TextIO
) -> None:
    """Write regions in a form of `FORMATS`."""
    _write((region_record(region, objects) for region in regions), _REGIONS, form, out)


def write_pages(pages: Iterable[PageResult], form: str, out: TextIO) -> None:
    """Write pages, those without a region too, in a form of `FORMATS`."""
    _write(map(page_record, pages), _PAGES, form, out)


def _write(records: Iterator[Record], kind: _Kind, form: str, out: TextIO) -> None:
    if form == "table":
        write_table(map(kind.row, records), out, kind.empty)
    elif form == "csv":
        _write_csv(map(kind.cells, records), kind.columns, out)
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


def _write_csv(rows: Iterable[dict[str, Any]], columns: Sequence[str], out: TextIO) -> None:
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _defused(value) for name, value in row.items()})


def _defused(value: Any) -> Any:
    """Keep a spreadsheet from running a cell as a formula: texts come from strangers' documents."""
    risky = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if risky else value


def write_table(rows: Iterable[Mapping[str, str]], out: TextIO, empty: str = "none") -> None:
    """Write a table; on a terminal it fits the width, elsewhere it is whole.

    Args:
        rows: Cells by column; the first row names the columns.
        out: Where to.
        empty: What to say where there are no rows.
    """
    console = Console(file=out, highlight=False, width=None if out.isatty() else PIPE_WIDTH)
    left_out = LEFT_OUT if console.width < NARROW else frozenset()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for row in rows:
        cells = {name: value for name, value in row.items() if name not in left_out}
        if not table.columns:
            for name in cells:
                _add_column(table, name)
        table.add_row(*(Text(value) for value in cells.values()))
    console.print(table if table.columns else empty)


def _add_column(table: Table, name: str) -> None:
    side: Literal["left", "right"] = "right" if name in RIGHT else "left"
    table.add_column(name, justify=side, overflow="fold", no_wrap=name not in FOLDING)


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


def count_of(number: int, noun: str) -> str:
    """Write `1 page`, `2 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
