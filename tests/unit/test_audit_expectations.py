"""Expectation files: every form says the same, and mistakes are named with their place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from sealq_audit.errors import ExpectationError
from sealq_audit.expectation_files import load_expectations
from sealq_audit.expectations import Expectation, Expectations, Party

KINDS = ("invoice", "contract", "receipt")
TAX_ID = "91110105MA01A2B3C4"
HEADER = ("document", "legal_name", "tax_id", "kind", "purposes", "parties")
CHINESE = ("文件", "名称", "税号", "类型", "用途", "方数")
ROWS = (
    ("in/a.pdf", "甲公司；乙公司", f"{TAX_ID};{TAX_ID}", "contract", "公章;合同专用章", "2"),
    ("b.pdf", "丙公司", "", "", "", ""),
)


def written(
    path: Path, header: Sequence[str] = HEADER, rows: Sequence[Sequence[str]] = ROWS
) -> Path:
    """Write a file in the form and encoding that its name says."""
    text = "".join(",".join(row) + "\r\n" for row in (header, *rows))
    if path.suffix == ".xlsx":
        book = Workbook()
        for row in (header, *rows):
            book.worksheets[0].append(list(row))
        book.save(path)
    elif path.suffix == ".jsonl":
        records = [dict(zip(header, row, strict=True)) for row in rows]
        path.write_text("\n\n".join(json.dumps(each, ensure_ascii=False) for each in records))
    else:
        encoding = {"bom": "utf-8-sig", "gbk": "gb18030"}.get(path.stem, "utf-8")
        path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("name", ["utf8.csv", "bom.csv", "gbk.csv", "a.CSV", "a.jsonl", "a.xlsx"])
@pytest.mark.parametrize("header", [HEADER, CHINESE], ids=["english", "chinese"])
def test_every_form_and_encoding_says_the_same(
    tmp_path: Path, name: str, header: Sequence[str]
) -> None:
    found = load_expectations(written(tmp_path / name, header), KINDS)
    contract = found.of_document("/data/in/a.pdf", None)
    assert contract
    assert contract.parties == (Party("甲公司", TAX_ID), Party("乙公司", TAX_ID))
    assert (contract.kind, contract.purposes) == ("contract", ("公章", "合同专用章"))
    assert contract.party_count == 2
    other = found.of_document("s3://bucket/x/b.pdf", None)
    assert other
    assert (other.parties, other.kind, other.party_count) == ((Party("丙公司"),), None, None)


def test_rows_for_the_same_document_are_one_expectation(tmp_path: Path) -> None:
    rows = [
        ("a.pdf", "甲公司", TAX_ID, "contract", "公章", ""),
        ("a.pdf", "乙公司", "", "", "合同专用章", "2"),
        ("a.pdf", "甲公司", TAX_ID, "", "", ""),  # twice the same says it once
    ]
    found = load_expectations(written(tmp_path / "a.csv", rows=rows), KINDS).of_document(
        "a.pdf", None
    )
    assert found
    assert [party.name for party in found.parties] == ["甲公司", "乙公司"]
    assert (found.kind, found.purposes) == ("contract", ("公章", "合同专用章"))
    assert found.party_count == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("", "甲", "", "", "", ""), r"line 2, column document: there is none\. Mend the file"),
        (
            ("a", "甲", "", "letter", "", ""),
            "line 2, column kind: letter is none.*invoice, contract",
        ),
        (("a", "甲", "", "", "", "two"), "line 2, column parties: two is no number.*0 for a"),
        (("a", "甲", "", "", "", "-1"), "line 2, column parties: -1 is no number"),
        (("a", "甲;乙", TAX_ID, "", "", ""), "line 2, column tax_id: 1 for 2 in legal_name"),
        (("a", "", TAX_ID, "", "", ""), "line 2, column tax_id: 1 for 0 in legal_name"),
        (
            ("a", "甲", "9.1110105E+17", "", "", ""),
            r"line 2, column tax_id: 9\.1.*format the column",
        ),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_mistake_is_named_with_file_line_column_and_remedy(
    tmp_path: Path, name: str, row: Sequence[str], message: str
) -> None:
    path = written(tmp_path / name, rows=[row])
    with pytest.raises(ExpectationError, match=f"Expectation file {path}, {message}"):
        load_expectations(path, KINDS)


def test_rows_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    rows = [("a", "甲", "", "invoice", "", ""), ("a", "乙", "", "contract", "", "")]
    with pytest.raises(
        ExpectationError, match="line 3, column kind: contract contradicts invoice at line 2"
    ):
        load_expectations(written(tmp_path / "a.csv", rows=rows), KINDS)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"", r"\.txt is no form that sealq reads.*\.csv, \.jsonl, \.xlsx"),
        ("a.csv", b"", "no column document"),
        ("a.csv", b"\xff\xff\xff", "neither UTF-8 nor GB18030"),
        ("a.csv", b"file,path\n1,2\n", "column document: it is there twice"),
        ("a.xlsx", b"PK no zip", "the file is no XLSX"),
        ("a.jsonl", b'{"document": "a"}\n{', "line 2: no JSON"),
        ("a.jsonl", b"[1]", "line 1: no object"),
        ("a.jsonl", b'{"name": "a"}', "line 1: no column document"),
    ],
)
def test_a_file_that_is_none_says_so(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ExpectationError, match=message):
        load_expectations(path, KINDS)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ExpectationError, match=r"a\.csv can't be read \(No such file"):
        load_expectations(tmp_path / "a.csv", KINDS)


@pytest.mark.parametrize("number", [9.1110105e17, 911101050000000000])
def test_a_tax_number_that_a_spreadsheet_kept_as_a_number_is_refused(
    tmp_path: Path, number: float
) -> None:
    """It keeps fifteen digits: the last three would be zeros, and every seal the wrong one."""
    book = Workbook()
    book.worksheets[0].append(["document", "legal_name", "tax_id"])
    book.worksheets[0].append(["a.pdf", "甲公司", number])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(ExpectationError, match="column tax_id"):
        load_expectations(tmp_path / "a.xlsx", KINDS)


SHA256 = "ab" * 32


@pytest.mark.parametrize(
    ("called", "source"),
    [
        ("/data/in/a.pdf", "/data/in/a.pdf"),  # the whole path
        ("in/a.pdf", "/data/in/a.pdf"),  # the end of it
        ("a.pdf", "/data/in/a.pdf"),  # the file's name
        ("a.pdf", "s3://bucket/in/a.pdf"),
        ("in/*.pdf", "/data/in/a.pdf"),  # patterns
        ("/data/*/a.pd?", "/data/in/a.pdf"),
        (SHA256.upper(), "whatever"),  # the hash of the content
    ],
)
def test_a_document_is_met_by_path_name_pattern_or_hash(called: str, source: str) -> None:
    expectations = Expectations.of([Expectation(called)])
    assert expectations.of_document(source, SHA256) is not None
    assert list(expectations.unmet()) == []


@pytest.mark.parametrize("called", ["b.pdf", "pdf", "n/a.pdf", "*.tiff", "cd" * 32, "A.PDF"])
def test_other_documents_are_not_met(called: str) -> None:
    expectations = Expectations.of([Expectation(called)])
    assert expectations.of_document("/data/in/a.pdf", SHA256) is None
    assert [row.document for row in expectations.unmet()] == [called]


def test_what_is_surer_goes_first() -> None:
    called = ["*.pdf", "a.pdf", "in/a.pdf", SHA256]
    while called:
        expectations = Expectations.of(map(Expectation, called))
        found = expectations.of_document("/data/in/a.pdf", SHA256)
        assert found
        assert found.document == called.pop()
