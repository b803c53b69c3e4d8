"""Results on paper: every form tells the same, nothing is lost, nothing is run."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sealq_producer.output import (
    FORMATS,
    PAGE_COLUMNS,
    REGION_COLUMNS,
    count_of,
    page_record,
    region_record,
    write_pages,
    write_regions,
    write_table,
)
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.results import LineResult, PageResult, RegionResult

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
            "frame": "page",
            "box": (1.25, 2.5, 30.0, 40.0),
            "score": 0.75,
            "lines": tuple(LineResult(text, 0.5, square) for text in texts),
            "object_prefix": "readings/ab",
            "pictures": ["layout_det_res.jpg", "seal_res_region2.jpg"],
            **values,
        }
    )


PAGE = PageResult("a.pdf", 1, "done", 0, 600, 800, "layout", None, None)
FAILED = PageResult("a.pdf", 2, "failed", 0, None, None, None, "corrupt", "a.pdf is damaged.")


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


# CSV ----------------------------------------------------------------------------------------------


def test_a_seal_is_one_row_of_a_csv() -> None:
    (row,) = csv_rows(written("csv", region("甲", "乙")))
    assert row["text"] == "甲 / 乙"
    assert [row[name] for name in ("x1", "y1", "x2", "y2")] == ["1.25", "2.5", "30.0", "40.0"]
    assert row["score"] == "0.75"


def test_a_missing_value_is_an_empty_cell() -> None:
    (row,) = csv_rows(written("csv", region(score=None, pictures=[])))
    assert (row["score"], row["text"], row["picture"]) == ("", "", "")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    """Texts come from strangers' documents, and spreadsheets run what begins like a formula."""
    (row,) = csv_rows(written("csv", region(text, document=text)))
    assert row["text"] == row["document"] == f"'{text}"


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


def on_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    return re.sub(r"\x1b\[\d*m", "", written("table", LONG, out=Terminal())).splitlines()


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_on_a_terminal_a_table_fits_and_a_company_s_name_stays_whole(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    lines = on_terminal(monkeypatch, columns)
    assert max(map(cell_len, lines)) <= columns
    assert any("大观园样本贸易有限公司" in line for line in lines)


@pytest.mark.parametrize(("columns", "shown"), [(99, False), (100, True)])
def test_a_box_is_shown_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, columns: int, *, shown: bool
) -> None:
    lines = on_terminal(monkeypatch, columns)
    assert any("1002 598 1216 1785" in line for line in lines) == shown
    assert any("box" in line for line in lines) == shown


def test_markup_in_a_text_is_shown_and_not_obeyed() -> None:
    assert "[red]章[/red]" in written("table", region("[red]章[/red]"))


def test_a_page_s_row_gives_its_reason_or_its_seals() -> None:
    out = io.StringIO()
    write_pages([PAGE, FAILED], "table", out)
    _, _, done, failed = out.getvalue().splitlines()
    assert done.split() == ["a.pdf", "1", "done", "0"]
    assert failed.split() == ["a.pdf", "2", "failed", "corrupt:", "a.pdf", "is", "damaged."]


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
    record = region_record(region("甲"), OBJECTS)
    lines = {f"lines[].{name}" for name in record["lines"][0]}
    assert documented("Seals: `--format json` and `jsonl`") == set(record) | lines


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
