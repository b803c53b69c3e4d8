"""Results for people (a table) and for programs (JSON, JSON lines, CSV), written as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TextIO

from sealq_configs.records import write_csv, write_json, write_jsonl
from sealq_configs.terminal import write_table
from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import READING_JSON
from sealq_storage.readings import FieldName
from sealq_storage.results import PageResult, RegionResult

#: Between the lines of a seal where they stand in one cell.
LINE_SEPARATOR = " / "
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
        write_csv(map(kind.cells, records), kind.columns, out)
    elif form == "jsonl":
        write_jsonl(records, out)
    else:
        write_json(records, out)


#: What `--format` takes.
FORMATS: Sequence[str] = ("table", "json", "jsonl", "csv")
