"""Results for people (a table) and for programs (JSON, JSON lines, CSV), written as they come."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import READING_JSON
from sealq_storage.readings import FieldName
from sealq_storage.results import PageResult, RegionResult

#: Between the lines of a seal where they stand in one cell.
LINE_SEPARATOR = " / "
#: Columns of a table that goes into a file or a pipe: nothing is cut or wrapped there.
PIPE_WIDTH = 10_000
#: What a seal may say beside its lines, in the order in which people want to know it.
FIELDS: Sequence[FieldName] = ("owner", "purpose", "tax_id", "serial")
#: State of a field that needs no second look, and the mark at the others in a table.
SURE, DOUBT = "read", "?"
#: Columns of a CSV of seals.
REGION_COLUMNS = (
    *("document", "page", "page_width", "page_height", "region", "label", "found_by", "frame"),
    *("x1", "y1", "x2", "y2", "score", "text", *FIELDS, "to_check"),
    *("shape", "ink", "rotation", "damage", "picture", "page_picture", "reading"),
)
#: Columns of a CSV of pages.
PAGE_COLUMNS = tuple(field.name for field in fields(PageResult))
#: Columns whose numbers stand right.
RIGHT = frozenset(
    [
        *("page", "seal", "score", "seals", "cut_seals", "tax_marks", "empty"),
        *("pages", "documents", "failed"),
    ]
)
#: Columns that fold when a terminal is narrow; all others stay in one piece.
FOLDING = frozenset(
    [
        *("document", "text", "owner", "purpose", "damage", "name", "reason"),
        *("value", "meaning", "from", "does", "sha256"),
    ]
)
#: Columns of a terminal that a folding column has before others are left out for it: a company's
#: name (eleven characters or so, each two columns wide) stands in one piece.
FOLDED = 30
#: What is left out of a table that is too wide, in this order.
LEFT_OUT = ("box", "found_by", "serial", "tax_id")
#: What these columns mostly say: a table leaves them out where no row says anything else.
USUAL: Mapping[str, frozenset[str]] = {
    "label": frozenset({"seal"}),
    "found_by": frozenset({"layout", "whole"}),
    **dict.fromkeys(("text", *FIELDS, "empty", "damage"), frozenset({""})),
    **dict.fromkeys(("cut_seals", "tax_marks"), frozenset({"", "0"})),
}

Record = Mapping[str, Any]


def region_record(region: RegionResult, objects: ObjectStore) -> Record:
    """Return a region as in `--format json`; docs/results.md describes the fields."""

    def located(name: str) -> str | None:
        return objects.locate(f"{region.object_prefix}/{name}") if name in wanted else None

    wanted = {*region.pictures, READING_JSON}
    texts = {field.name: field.text for field in region.fields}
    return {
        "document": region.document,
        "page": region.page,
        "page_width": region.page_width,
        "page_height": region.page_height,
        "region": region.region,
        "label": region.label,
        "found_by": region.found_by,
        "frame": region.frame,
        "box": list(region.box),
        "score": region.score,
        "lines": [
            {"text": line.text, "score": line.score, "polygon": line.polygon}
            for line in region.lines
        ],
        **{name: texts.get(name) for name in FIELDS},
        "fields": [asdict(field) for field in region.fields],
        "shape": region.shape,
        "ink": region.ink,
        "rotation": region.rotation,
        "damage": region.damage,
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
        "to_check": LINE_SEPARATOR.join(
            f"{field['name']} {field['state']}"
            for field in record["fields"]
            if field["state"] != SURE
        ),
    }
    return {name: flat[name] for name in REGION_COLUMNS}


def _text(record: Record) -> str:
    return LINE_SEPARATOR.join(line["text"] for line in record["lines"])


def _region_row(record: Record) -> dict[str, str]:
    """Return a region as people read it."""
    return {
        "document": record["document"],
        "page": str(record["page"]),
        "seal": str(record["region"]),
        "label": record["label"],
        "found_by": record["found_by"],
        "score": _score(record["score"]),
        # Fields say the same in better order.
        "text": "" if record["fields"] else _text(record),
        **_field_cells(record),
        "damage": record["damage"] or "",
        "box": " ".join(f"{value:.0f}" for value in record["box"]),
    }


def _field_cells(record: Record) -> dict[str, str]:
    """Return the fields' texts, with a mark at those that a person has to check."""
    said = {
        field["name"]: (field["text"] or "") + ("" if field["state"] == SURE else DOUBT)
        for field in record["fields"]
    }
    return {name: said.get(name, "") for name in FIELDS}


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"


def _page_row(record: Record) -> dict[str, str]:
    reason = f"{record['error_code']}: {record['error']}" if record["error_code"] else ""
    done = record["state"] == "done"
    return {
        "document": record["document"],
        "page": str(record["page"] or ""),
        "state": record["state"],
        **{name: str(record[name]) if done else "" for name in ("seals", "cut_seals", "tax_marks")},
        "empty": _score(record["empty_score"]),
        "damage": record["damage"] or "",
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
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    held = list(rows)
    columns = _shown(held, console.width)
    for name in columns:
        _add_column(table, name)
    for row in held:
        table.add_row(*(Text(row[name]) for name in columns))
    console.print(table if held else empty)


def _shown(rows: Sequence[Mapping[str, str]], width: int) -> list[str]:
    """Choose the columns of a table: those that say something, as far as they fit."""
    widths = {
        name: _width(name, [row[name] for row in rows])
        for name in (rows[0] if rows else ())
        if any(row[name] not in USUAL.get(name, ()) for row in rows)
    }
    for name in LEFT_OUT:
        # A space stands between two columns.
        if sum(widths.values()) + len(widths) - 1 > width:
            widths.pop(name, None)
    return list(widths)


def _width(name: str, cells: Iterable[str]) -> int:
    """Return how many columns of the terminal a column of the table needs."""
    natural = max(map(cell_len, (name, *cells)))
    return min(natural, FOLDED) if name in FOLDING else natural


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
