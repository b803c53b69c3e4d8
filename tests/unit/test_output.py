"""Results on paper: every form tells the same, nothing is lost, nothing is run."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sealq_configs.terminal import count_of, write_table
from sealq_producer.output import (
    FORMATS,
    PAGE_COLUMNS,
    REGION_COLUMNS,
    page_record,
    region_record,
    write_pages,
    write_regions,
)
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.readings import Alternative
from sealq_storage.results import FieldResult, LineResult, PageResult, RegionResult

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "results.md"

OBJECTS = open_objects("file:///store")


def region(*texts: str, document: str = "a.pdf", **values: Any) -> RegionResult:
    square = [[1.0, 2.0], [9.0, 2.0], [9.0, 8.0], [1.0, 8.0]]
    return RegionResult(
        **{
            "document": document,
            "page": 3,
            "page_width": 600,
            "page_height": 800,
            "region": 2,
            "label": "seal",
            "found_by": "layout",
            "frame": "page",
            "box": (1.25, 2.5, 30.0, 40.0),
            "score": 0.75,
            "lines": tuple(LineResult(text, 0.5, square) for text in texts),
            "fields": (),
            "shape": None,
            "ink": None,
            "rotation": None,
            "damage": None,
            "object_prefix": "readings/ab",
            "pictures": ["layout_det_res.jpg", "seal_res_region2.jpg"],
            **values,
        }
    )


def page(number: int, state: str = "done", **values: Any) -> PageResult:
    fields = dict.fromkeys(field.name for field in dataclasses.fields(PageResult))
    counts = {"regions": 0, "seals": 0, "cut_seals": 0, "tax_marks": 0}
    named = {"document": "a.pdf", "page": number, "state": state}
    return PageResult(**{**fields, **counts, **named, **values})


PAGE = page(1, looked="layout")
FAILED = page(2, "failed", error_code="corrupt", error="a.pdf is damaged.")

OWNER = FieldResult("owner", "大观园样本贸易有限公司", 0.99, "read", ())
PURPOSE = FieldResult("purpose", "发票专用章", 0.98, "read", ())
TAX_ID = FieldResult(
    "tax_id", "91909090MA0B2Y6K7T", 0.6, "proposed", (Alternative("91909090MA0B2Y6K71", 0.4),)
)
SERIAL = FieldResult("serial", None, None, "unreadable", ())
TAX_MARK = region(label="tax_mark", region=3)


def careful(**values: Any) -> RegionResult:
    """Return a seal as a careful reader reads it: fields beside the lines."""
    fields = (OWNER, PURPOSE, TAX_ID, SERIAL)
    said = {"fields": fields, "shape": "oval", "ink": "red", "rotation": -12.5}
    return region("大观园", "9190MA0B2Y6K7T", **{**said, **values})


class Terminal(io.StringIO):
    """A file that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def written(form: str, *regions: RegionResult, out: io.StringIO | None = None) -> str:
    out = out or io.StringIO()
    write_regions(regions, OBJECTS, form, out)
    return out.getvalue()


def csv_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# JSON ---------------------------------------------------------------------------------------------


def test_json_is_a_list_and_json_lines_are_its_elements() -> None:
    regions = (region("甲"), region("乙", document="b.pdf"))
    lines = [json.loads(line) for line in written("jsonl", *regions).splitlines()]
    assert json.loads(written("json", *regions)) == lines
    assert [line["document"] for line in lines] == ["a.pdf", "b.pdf"]


def test_chinese_stands_in_json_as_it_is() -> None:
    assert "发票专用章" in written("json", region("发票专用章"))


def test_a_record_locates_only_what_was_stored() -> None:
    with_pictures, without = region(), region(pictures=[])
    record = region_record(with_pictures, OBJECTS)
    assert record["picture"] == "/store/readings/ab/seal_res_region2.jpg"
    assert record["page_picture"] == "/store/readings/ab/layout_det_res.jpg"
    assert record["reading"] == "/store/readings/ab/reading.json"
    record = region_record(without, OBJECTS)
    assert (record["picture"], record["page_picture"]) == (None, None)
    assert record["reading"] == "/store/readings/ab/reading.json"


def test_json_says_fields_by_name_and_in_full() -> None:
    (record,) = json.loads(written("json", careful()))
    assert record["owner"] == "大观园样本贸易有限公司"
    assert (record["tax_id"], record["serial"]) == ("91909090MA0B2Y6K7T", None)
    assert [(field["name"], field["state"]) for field in record["fields"]] == [
        ("owner", "read"),
        ("purpose", "read"),
        ("tax_id", "proposed"),
        ("serial", "unreadable"),
    ]
    assert record["fields"][2]["alternatives"] == [{"text": "91909090MA0B2Y6K71", "score": 0.4}]
    assert (record["shape"], record["ink"], record["rotation"]) == ("oval", "red", -12.5)


def test_a_record_says_what_it_is_and_how_it_was_found() -> None:
    (record,) = json.loads(written("json", region(label="cut_seal", found_by="second_look")))
    assert (record["label"], record["found_by"]) == ("cut_seal", "second_look")


# CSV ----------------------------------------------------------------------------------------------


def test_a_seal_is_one_row_of_a_csv() -> None:
    (row,) = csv_rows(written("csv", region("甲", "乙")))
    assert row["text"] == "甲 / 乙"
    assert [row[name] for name in ("x1", "y1", "x2", "y2")] == ["1.25", "2.5", "30.0", "40.0"]
    assert row["score"] == "0.75"


def test_a_missing_value_is_an_empty_cell() -> None:
    (row,) = csv_rows(written("csv", region(score=None, pictures=[])))
    names = ("score", "text", "picture", "owner", "to_check", "ink", "rotation")
    assert {row[name] for name in names} == {""}


def test_a_csv_has_a_cell_for_each_field_and_names_those_to_check() -> None:
    (row,) = csv_rows(written("csv", careful()))
    assert row["text"] == "大观园 / 9190MA0B2Y6K7T"
    said = [row[name] for name in ("owner", "purpose", "tax_id", "serial")]
    assert said == ["大观园样本贸易有限公司", "发票专用章", "91909090MA0B2Y6K7T", ""]
    assert row["to_check"] == "tax_id proposed / serial unreadable"
    assert (row["shape"], row["ink"], row["rotation"]) == ("oval", "red", "-12.5")


def test_a_csv_tells_a_tax_mark_from_a_seal() -> None:
    rows = csv_rows(written("csv", region("甲"), TAX_MARK))
    assert [row["label"] for row in rows] == ["seal", "tax_mark"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    """Texts come from strangers' documents, and spreadsheets run what begins like a formula."""
    said = (FieldResult("owner", text, 0.5, "read", ()),)
    (row,) = csv_rows(written("csv", region(text, document=text, fields=said)))
    assert row["text"] == row["document"] == row["owner"] == f"'{text}"


# Control characters never come here: names are escaped, and no recogniser knows them.
plain = st.text(st.characters(exclude_categories=["Cc", "Cs"]))


@given(st.lists(plain, max_size=4), plain)
def test_any_text_comes_back_out_of_a_csv_and_of_json(texts: list[str], document: str) -> None:
    shown = region(*texts, document=document)
    (row,) = csv_rows(written("csv", shown))
    assert row["document"].removeprefix("'") == document.removeprefix("'")
    assert row["text"].removeprefix("'") == " / ".join(texts).removeprefix("'")
    (record,) = json.loads(written("json", shown))
    assert [line["text"] for line in record["lines"]] == texts
    assert record["document"] == document


# Nothing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("json", "[]\n"),
        ("jsonl", ""),
        ("csv", ",".join(REGION_COLUMNS) + "\n"),
        ("table", "No seals.\n"),
    ],
)
def test_no_seals_at_all_is_a_result_in_every_form(form: str, said: str) -> None:
    assert written(form) == said


# Tables -------------------------------------------------------------------------------------------

LONG = region(
    "大观园样本贸易有限公司",
    "91909090MA0B2Y6K7T",
    "发票专用章",
    document="/data/scans/2026/03/suppliers/大观园/invoice_00000001.pdf",
    box=(1002.2, 598.4, 1216.0, 1785.0),
)


def test_in_a_file_a_table_is_neither_wrapped_nor_cut() -> None:
    _, _, row = written("table", LONG).splitlines()
    assert LONG.document in row
    assert "大观园样本贸易有限公司 / 91909090MA0B2Y6K7T / 发票专用章" in row
    assert "1002 598 1216 1785" in row


def on_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: int, shown: RegionResult = LONG
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    return re.sub(r"\x1b\[\d*m", "", written("table", shown, out=Terminal())).splitlines()


LONG_CAREFUL = careful(document=LONG.document, box=LONG.box)


@pytest.mark.parametrize("shown", [LONG, LONG_CAREFUL], ids=["lines", "fields"])
@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_on_a_terminal_a_table_fits_and_a_company_s_name_stays_whole(
    monkeypatch: pytest.MonkeyPatch, columns: int, shown: RegionResult
) -> None:
    lines = on_terminal(monkeypatch, columns, shown)
    assert max(map(cell_len, lines)) <= columns
    assert any("大观园样本贸易有限公司" in line for line in lines)


@pytest.mark.parametrize(("columns", "shown"), [(80, False), (100, True)])
def test_a_box_is_shown_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, columns: int, *, shown: bool
) -> None:
    """Thirty columns for the document, thirty for the text, 36 for all else: 96."""
    lines = on_terminal(monkeypatch, columns)
    assert any("1002 598 1216 1785" in line for line in lines) == shown
    assert any("box" in line for line in lines) == shown


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [(80, set()), (100, {"tax_id"}), (120, {"tax_id", "serial"}), (200, {"tax_id", "serial"})],
)
def test_a_narrow_table_leaves_out_numbers_before_names(
    monkeypatch: pytest.MonkeyPatch, columns: int, numbers: set[str]
) -> None:
    shown = set(on_terminal(monkeypatch, columns, LONG_CAREFUL)[0].split())
    assert {"document", "page", "owner", "purpose"} <= shown
    assert shown & {"tax_id", "serial"} == numbers


def columns_of(*regions: RegionResult) -> list[str]:
    return written("table", *regions).splitlines()[0].split()


def test_columns_in_which_nothing_is_said_stay_out_of_a_table() -> None:
    assert columns_of(region("甲")) == ["document", "page", "seal", "score", "text", "box"]


def test_a_table_with_anything_but_seals_says_what_each_is() -> None:
    assert "label" in columns_of(region("甲"), TAX_MARK)
    _, _, seal, mark = written("table", region("甲"), TAX_MARK).splitlines()
    assert ("seal" in seal.split(), "tax_mark" in mark.split()) == (True, True)


def test_a_table_with_what_a_second_look_found_says_how_each_was_found() -> None:
    assert "found_by" in columns_of(region("甲"), region(found_by="second_look"))
    assert "found_by" not in columns_of(region("甲"), region(found_by="whole"))


def test_a_table_shows_fields_in_place_of_lines_and_marks_what_is_to_be_checked() -> None:
    header, _, row = written("table", careful()).splitlines()
    names = ["document", "page", "seal", "score", "owner", "purpose", "tax_id", "serial", "box"]
    assert header.split() == names
    owner, purpose, tax_id, serial = row.split()[4:8]
    assert (owner, purpose) == ("大观园样本贸易有限公司", "发票专用章")
    assert (tax_id, serial) == ("91909090MA0B2Y6K7T?", "?")


def test_a_seal_without_fields_shows_its_lines_beside_others_with_fields() -> None:
    assert {"text", "owner"} <= set(columns_of(careful(), region("甲")))
    assert "甲" in written("table", careful(), region("甲"))


def test_markup_in_a_text_is_shown_and_not_obeyed() -> None:
    assert "[red]章[/red]" in written("table", region("[red]章[/red]"))


def test_a_page_s_row_gives_its_reason_or_its_seals() -> None:
    out = io.StringIO()
    write_pages([PAGE, FAILED], "table", out)
    _, _, done, failed = out.getvalue().splitlines()
    assert done.split() == ["a.pdf", "1", "done", "0"]
    assert failed.split() == ["a.pdf", "2", "failed", "corrupt:", "a.pdf", "is", "damaged."]


def test_a_page_s_row_counts_seals_and_other_marks_apart() -> None:
    out = io.StringIO()
    write_pages([page(1, regions=6, seals=2, cut_seals=1, tax_marks=3), PAGE], "table", out)
    header, _, first, second = out.getvalue().splitlines()
    assert header.split()[3:] == ["seals", "cut_seals", "tax_marks", "reason"]
    assert first.split()[3:] == ["2", "1", "3"]
    assert second.split()[3:] == ["0", "0", "0"]


def test_an_empty_page_s_row_says_how_surely_it_is_empty() -> None:
    out = io.StringIO()
    write_pages([page(1, empty_score=0.984), PAGE], "table", out)
    header, _, sure, _ = out.getvalue().splitlines()
    assert "empty" in header.split()
    assert sure.split() == ["a.pdf", "1", "done", "0", "0.98"]


def test_what_is_missing_of_a_page_is_told_where_something_is() -> None:
    damaged, whole = {"damage": "it is cut short"}, io.StringIO()
    assert "damage" not in written("table", region())
    assert "it is cut short" in written("table", region(), region(**damaged))
    assert csv_rows(written("csv", region(**damaged)))[0]["damage"] == "it is cut short"
    write_pages([PAGE], "table", whole)
    assert "damage" not in whole.getvalue()
    shown = io.StringIO()
    write_pages([PAGE, page(3, **damaged)], "table", shown)
    assert "it is cut short" in shown.getvalue()


def test_an_empty_table_says_so() -> None:
    out = io.StringIO()
    write_table([], out, empty="No jobs yet.")
    assert out.getvalue() == "No jobs yet.\n"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 pages"), (1, "1 page"), (2, "2 pages")], ids=str
)
def test_one_is_singular(number: int, text: str) -> None:
    assert count_of(number, "page") == text


# What the documentation promises ------------------------------------------------------------------


def documented(heading: str) -> set[str]:
    """Return the fields in the first column of the table below a heading of docs/results.md."""
    section = DOCUMENTATION.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in re.findall(r"`([^`]+)`", cell)}


def test_every_field_of_a_seal_is_documented() -> None:
    record = region_record(careful(), OBJECTS)
    lines = {f"lines[].{name}" for name in record["lines"][0]}
    fields = {f"fields[].{name}" for name in record["fields"][0]}
    assert documented("Seals: `--format json` and `jsonl`") == set(record) | lines | fields


def test_every_field_of_a_page_is_documented() -> None:
    assert documented("Pages: `--pages`") == set(page_record(PAGE)) == set(PAGE_COLUMNS)


def test_every_column_of_the_csv_that_json_lacks_is_documented() -> None:
    record = region_record(region("甲"), OBJECTS)
    assert documented("CSV") == set(REGION_COLUMNS) - set(record)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_is_documented(form: str) -> None:
    assert f"`{form}`" in DOCUMENTATION.read_text("utf-8")


def test_a_store_in_s3_locates_by_url(s3_objects: ObjectStore) -> None:
    located = region_record(region(), s3_objects)["reading"]
    assert located == f"{s3_objects.url}/readings/ab/reading.json"
