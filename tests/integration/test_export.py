"""Rules of `sealq export`: rows, columns, forms, and what a spreadsheet does with them."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from pyarrow import parquet
from read_seals import read_document, seal
from rows import migrated, new_documents, new_job
from sqlalchemy import event

from sealq_audit.export import FORMATS, Export, export_job, spreadsheet
from sealq_audit.export.columns import COLUMNS, Per
from sealq_audit.export.links import Links
from sealq_audit.export.rows import Job, document_rows, exception_rows, seal_rows
from sealq_producer.cli import main
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Region
from sealq_storage.verdicts import Evidence, NewVerdict, Verdict, save_verdicts

OWNER = "天津君和缘商贸有限公司"
DOCS = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")

ROWS = {"seal": seal_rows, "document": document_rows, "exception": exception_rows}


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_objects((tmp_path / "objects").as_uri())


def judge(
    sessions: Sessions, job_id: str, document_id: int, verdict: Verdict, **values: Any
) -> None:
    new = NewVerdict(document_id, verdict, f"It is {verdict}.", "invoice", **values)
    with sessions.begin() as session:
        save_verdicts(session, job_id, [new], "r" * 64)


def rows(sessions: Sessions, job_id: str, per: Per, links: Links) -> list[dict[str, Any]]:
    with sessions.begin() as session:
        return [dict(row) for row in ROWS[per](session, Job(job_id, links))]


def exported(sessions: Sessions, export: Export) -> bytes:
    out = io.BytesIO()
    with sessions.begin() as session:
        export_job(session, export, out)
    return out.getvalue()


class TestRows:
    def test_a_row_per_seal_says_its_fields_and_its_documents_verdict(
        self, sessions: Sessions, job_id: str, store: ObjectStore
    ) -> None:
        one = seal("一", "二", fields={"owner": OWNER, "purpose": "发票专用章"}, ink="red")
        read_document(sessions, job_id, "a.pdf", (), (one, seal("三")))
        read_document(sessions, job_id, "b.pdf", (seal("四"),))
        judge(sessions, job_id, 2, Verdict.REVIEW)
        first, second, third = rows(sessions, job_id, "seal", Links(store))
        assert (first["document"], first["page"], first["seal"]) == ("a.pdf", 2, 1)
        assert (first["owner"], first["purpose"], first["tax_id"]) == (OWNER, "发票专用章", None)
        assert (first["text"], first["ink"], first["x1"], first["y2"]) == ("一 / 二", "red", 1, 4)
        assert (second["text"], second["owner"], second["verdict"]) == ("三", None, None)
        assert (third["document"], third["verdict"]) == ("b.pdf", "review")
        assert (third["reason"], third["sha256"]) == ("It is review.", f"{2:064x}")

    def test_a_row_per_document_counts_and_joins(
        self, sessions: Sessions, job_id: str, store: ObjectStore
    ) -> None:
        named = seal(fields={"owner": OWNER}), seal(fields={"owner": OWNER, "tax_id": "1"})
        mark = seal(label="tax_mark")
        read_document(sessions, job_id, "a.pdf", named, (seal("公章"), mark), ())
        new_documents(sessions, job_id, "later.pdf")
        judge(sessions, job_id, 1, Verdict.OK)
        first, later = rows(sessions, job_id, "document", Links(store))
        assert (first["pages"], first["pages_read"], first["pages_failed"]) == (3, 3, 0)
        assert (first["seals"], first["cut_seals"], first["tax_marks"]) == (3, 0, 1)
        assert (first["owners"], first["tax_ids"], first["text"]) == (OWNER, "1", "公章")
        assert (first["verdict"], first["state"]) == ("ok", "done")
        assert (later["state"], later["pages"], later["verdict"]) == ("open", 0, None)

    def test_exceptions_are_the_others_the_worst_first(
        self, sessions: Sessions, job_id: str, store: ObjectStore
    ) -> None:
        for verdict in (Verdict.OK, Verdict.REVIEW, Verdict.WRONG_COMPANY):
            read_document(sessions, job_id, f"{verdict}.pdf", (seal(),))
        for place, verdict in enumerate((Verdict.OK, Verdict.REVIEW), start=1):
            judge(sessions, job_id, place, verdict)
        key = "readings/1/region1.jpg"
        seen = Evidence(page=2, text=OWNER, expected="南京", picture=key)
        judge(sessions, job_id, 3, Verdict.WRONG_COMPANY, evidence=(seen,))
        first, second = rows(sessions, job_id, "exception", Links(store))
        assert (first["verdict"], second["verdict"]) == ("wrong_company", "review")
        assert (first["page"], first["found"], first["expected"]) == (2, OWNER, "南京")
        assert first["picture"] == Path(store.locate(key)).as_uri()
        assert (first["decision"], first["note"]) == (None, None)

    def test_links_lead_to_files_to_the_store_or_to_the_pages(self, store: ObjectStore) -> None:
        bucket = open_objects("s3://bucket/prefix")
        wanted = "k/region1.jpg", "job", 7, 2
        assert str(Links(store).picture(*wanted)).startswith("file:///")
        assert Links(bucket).picture(*wanted) == "s3://bucket/prefix/k/region1.jpg"
        web = Links(store, web="https://seals.example/")
        assert web.picture(*wanted) == "https://seals.example/jobs/job/documents/7/pages/2"
        assert web.picture(None, "job", 7, None) == "https://seals.example/jobs/job/documents/7"
        assert Links(store).picture(None, "job", 7, 2) is None
        signed = Links(bucket, sign=lambda url: f"https://signed/{url}")
        assert str(signed.picture(*wanted)).startswith("https://signed/s3://bucket/")

    @pytest.mark.parametrize("per", COLUMNS)
    def test_rows_have_the_columns_that_the_docs_describe(
        self, sessions: Sessions, job_id: str, store: ObjectStore, per: Per
    ) -> None:
        read_document(sessions, job_id, "a.pdf", (seal("公章"),))
        judge(sessions, job_id, 1, Verdict.MISSING)
        (row,) = rows(sessions, job_id, per, Links(store))
        names = [column.name for column in COLUMNS[per]]
        assert list(row) == names
        section = DOCS.split(f"\n## A row per {per}\n")[1].split("\n## ")[0]
        told = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
        assert [name for cell in told for name in re.findall(r"`(\w+)`", cell)] == names

    def test_a_long_job_streams_in_constant_memory(
        self, sessions: Sessions, job_id: str, store: ObjectStore
    ) -> None:
        read_document(sessions, job_id, "a.pdf", tuple(seal("一") for _ in range(3000)))
        alive: WeakSet[Region] = WeakSet()
        most = 0

        def count(region: Region, _: object) -> None:
            nonlocal most
            alive.add(region)
            most = max(most, len(alive))

        event.listen(Region, "load", count)
        try:
            exported(sessions, Export(Job(job_id, Links(store)), form="jsonl"))
        finally:
            event.remove(Region, "load", count)
        assert most < 2600


class TestForms:
    #: Texts that a spreadsheet would run, and what it can't hold.
    EVIL = '=HYPERLINK("http://evil")', "+1", "-1", "@SUM(A1)", "a\x0bb\x00c\nd"

    @pytest.fixture
    def job(self, sessions: Sessions, job_id: str, store: ObjectStore) -> Job:
        """A job with a seal that says a name, and one for each evil text."""
        evil = tuple(seal(text.replace("\x00", "\x01")) for text in self.EVIL)
        named = seal(fields={"owner": OWNER})
        read_document(sessions, job_id, "一.pdf", (named, *evil))
        return Job(job_id, Links(store, web="https://seals.example"))

    def test_csv_opens_as_utf8_and_runs_nothing(self, sessions: Sessions, job: Job) -> None:
        data = exported(sessions, Export(job, form="csv"))
        assert data.startswith(b"\xef\xbb\xbfjob,document,")
        assert not exported(sessions, Export(job, bom=False)).startswith(b"\xef\xbb\xbf")
        first, *evil = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        assert (first["document"], first["owner"], first["x1"]) == ("一.pdf", OWNER, "1.0")
        assert [row["text"] for row in evil] == [*(f"'{t}" for t in self.EVIL[:4]), "a b c\nd"]

    def test_jsonl_says_all_as_it_is(self, sessions: Sessions, job: Job) -> None:
        data = exported(sessions, Export(job, form="jsonl"))
        first, evil, *_ = (json.loads(line) for line in data.decode().splitlines())
        assert (first["owner"], first["tax_id"], first["x1"]) == (OWNER, None, 1.0)
        assert evil["text"] == self.EVIL[0]

    def test_parquet_has_types(self, sessions: Sessions, job: Job) -> None:
        table = parquet.read_table(io.BytesIO(exported(sessions, Export(job, form="parquet"))))
        assert table.num_rows == 6
        assert str(table.schema.field("page").type) == "int64"
        assert str(table.schema.field("score").type) == "double"
        assert table["owner"][0].as_py() == OWNER

    def test_parquet_of_nothing_has_its_columns(
        self, sessions: Sessions, job_id: str, store: ObjectStore
    ) -> None:
        data = exported(sessions, Export(Job(job_id, Links(store)), form="parquet"))
        table = parquet.read_table(io.BytesIO(data))
        assert table.column_names == [column.name for column in COLUMNS["seal"]]

    def test_xlsx_opens_with_links_and_runs_nothing(self, sessions: Sessions, job: Job) -> None:
        book = load_workbook(io.BytesIO(exported(sessions, Export(job, form="xlsx"))))
        sheet = book["Seals"]
        header = [cell.value for cell in sheet[1]]
        cells = dict(zip(header, sheet[2], strict=True))
        assert (cells["owner"].value, cells["page"].value, cells["x1"].value) == (OWNER, 1, 1)
        link = "https://seals.example/jobs/"
        assert str(getattr(cells["picture"].hyperlink, "target", "")).startswith(link)
        place = header.index("text")
        texts = [row[place] for row in sheet.iter_rows(min_row=3)]
        assert {cell.data_type for cell in texts} == {"s"}
        assert [cell.value for cell in texts] == [*(f"'{t}" for t in self.EVIL[:4]), "a b c\nd"]
        assert sheet.freeze_panes == "A2"

    def test_a_clerk_chooses_a_decision(self, sessions: Sessions, job: Job) -> None:
        judge(sessions, job.id, 1, Verdict.MISSING)
        data = exported(sessions, Export(job, per="exception", form="xlsx"))
        sheet = load_workbook(io.BytesIO(data))["Exceptions"]
        (choice,) = sheet.data_validations.dataValidation
        header = [cell.value for cell in sheet[1]]
        assert sheet.cell(1, header.index("decision") + 1).coordinate[0] == str(choice.sqref)[0]
        assert sheet.max_row == 2

    def test_what_a_sheet_can_t_hold_goes_into_the_next(
        self, sessions: Sessions, job: Job, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(spreadsheet, "SHEET_ROWS", 3)
        monkeypatch.setattr(spreadsheet, "SHEET_LINKS", 1)
        book = load_workbook(io.BytesIO(exported(sessions, Export(job, form="xlsx"))))
        assert book.sheetnames == ["Seals", "Seals 2", "Seals 3"]
        assert [sheet.max_row for sheet in book] == [3, 3, 3]
        header = [cell.value for cell in book["Seals 2"][1]]
        picture = header.index("picture")
        linked = [
            row[picture].hyperlink is not None for row in book["Seals 2"].iter_rows(min_row=2)
        ]
        assert linked == [True, False]

    def test_an_empty_sheet_has_a_header(
        self, sessions: Sessions, job_id: str, store: ObjectStore
    ) -> None:
        data = exported(sessions, Export(Job(job_id, Links(store)), form="xlsx"))
        book = load_workbook(io.BytesIO(data))
        assert [sheet.max_row for sheet in book] == [1]


class TestCommand:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        """A home folder whose database holds a job with a sealed document."""
        with migrated(f"sqlite:///{tmp_path / 'sealq.db'}") as sessions:
            read_document(sessions, new_job(sessions), "a.pdf", (seal("公章"),))
        return tmp_path

    def run(self, home: Path, *arguments: str) -> Result:
        environment = {"SEALQ_DATABASE_URL": "", "SEALQ_HOME": str(home)}
        return CliRunner().invoke(main, ["export", "last", *arguments], env=environment)

    def test_text_goes_to_the_output(self, home: Path) -> None:
        answer = self.run(home, "--no-bom")
        assert answer.exit_code == 0
        assert next(csv.DictReader(io.StringIO(answer.stdout)))["text"] == "公章"

    @pytest.mark.parametrize("form", FORMATS)
    def test_a_file_is_of_the_form_that_its_name_says(self, home: Path, form: str) -> None:
        file = home / f"seals.{form}"
        assert self.run(home, "--out", str(file)).exit_code == 0
        beginnings = {"csv": b"\xef\xbb\xbf", "jsonl": b"{", "parquet": b"PAR1", "xlsx": b"PK"}
        assert file.read_bytes().startswith(beginnings[form])
        assert [each.name for each in home.glob(".*seals*")] == []

    def test_what_is_no_text_needs_a_file(self, home: Path) -> None:
        answer = self.run(home, "--format", "xlsx")
        assert answer.exit_code == 2
        assert "--out" in answer.stderr

    def test_exceptions_need_an_audit(self, home: Path) -> None:
        answer = self.run(home, "--exceptions")
        assert answer.exit_code == 2
        assert "`sealq audit" in answer.stderr

    def test_a_file_that_can_t_be_written_is_named(self, home: Path) -> None:
        answer = self.run(home, "--out", str(home / "nowhere" / "seals.csv"))
        assert answer.exit_code == 2
        assert "seals.csv can't be written: No such file or directory" in answer.stderr

    @pytest.mark.parametrize(("form", "library"), [("xlsx", "openpyxl"), ("parquet", "pyarrow")])
    def test_a_missing_library_is_named_with_what_brings_it(
        self, home: Path, form: str, library: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == library]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, library, None)
        file = home / f"seals.{form}"
        answer = self.run(home, "--out", str(file))
        assert answer.exit_code == 2
        assert f"needs {library}" in answer.stderr
        assert "pip install 'sealq[audit]'" in answer.stderr
        assert not file.exists()
