"""`sealq audit` and `sealq report` on the samples, as a clerk would run them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from installed import SAMPLES, SamplesRun, Sealq

EXPECT = SAMPLES / "parties.csv"
#: Of the samples, with `EXPECT`: those that need a person first.
VERDICTS = [
    ("no_seal.png", "missing"),
    ("seal_crop.png", "review"),
    ("contract.pdf", "ok"),
    ("invoice.jpg", "ok"),
    ("receipts.tiff", "ok"),
]


@pytest.fixture
def home(samples_run: SamplesRun, tmp_path: Path) -> Sealq:
    """Return the command with a copy of the samples' home, which a test may change."""
    shutil.copytree(samples_run.sealq.home, tmp_path / "home")
    return Sealq(tmp_path, {"SEALQ_REDIS_URL": "redis://127.0.0.1:9/0"})


def test_every_form_tells_the_same_verdicts(home: Sealq) -> None:
    said = {
        form: home("audit", "last", "--expect", EXPECT, "--format", form)
        for form in ("table", "json", "jsonl", "csv")
    }
    assert {each.code for each in said.values()} == {0}
    records = said["json"].json
    assert [(Path(each["document"]).name, each["verdict"]) for each in records] == VERDICTS
    lines = [json.loads(line) for line in said["jsonl"].out.splitlines()]
    rows = list(csv.DictReader(io.StringIO(said["csv"].out)))
    for others in (lines, rows):
        assert [(each["document"], each["verdict"], each["reason"]) for each in others] == [
            (each["document"], each["verdict"], each["reason"]) for each in records
        ]
    assert all(each["reason"] in said["table"].out for each in records)
    assert "5 documents: 1 missing, 1 review, 3 ok." in said["table"].err
    (owner, *_) = records[1]["evidence"]
    assert owner["expected"] == "南京大观园样本贸易有限公司"
    assert Path(owner["picture"]).is_file()


def test_only_and_fail_on_choose(home: Sealq) -> None:
    wanted = home("audit", "last", "--expect", EXPECT, "--only", "missing", "--format", "json")
    assert [Path(each["document"]).name for each in wanted.json] == ["no_seal.png"]
    assert wanted.code == 0
    for names, code in (("missing,review", 1), ("any", 1), ("wrong_company", 0)):
        assert home("audit", "last", "--expect", EXPECT, "--fail-on", names).code == code
    unknown = home("audit", "last", "--fail-on", "wrong")
    assert unknown.code == 2
    assert "'wrong' is none of wrong_company, missing," in unknown.err


def test_what_is_expected_of_documents_that_are_not_there_is_told(
    home: Sealq, tmp_path: Path
) -> None:
    path = tmp_path / "parties.csv"
    path.write_text("文件,名称\ninvoice.jpg,甲\n不在.pdf,乙\n", encoding="gb18030")
    said = home("audit", "last", "--expect", path, "--fail-on", "not_in_job")
    assert said.code == 1
    assert "not in the job: 不在.pdf (line 3)" in said.err


def test_a_mistake_changes_nothing(home: Sealq, tmp_path: Path) -> None:
    home("audit", "last", "--expect", EXPECT)
    path = tmp_path / "parties.csv"
    path.write_text("document,parties\ninvoice.jpg,two\n", encoding="utf-8")
    said = home("audit", "last", "--expect", path)
    assert said.code == 2
    assert f"Expectation file {path}, line 2, column parties: two" in said.err
    assert "1 seal missing" in " ".join(home("report", "last").out.split())


def test_rules_are_shown_and_replaced(home: Sealq, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("kinds: {contract: {parties: 3}}", encoding="utf-8")
    found = home("audit", "last", "--rules", rules, "--only", "too_few_parties", "--format", "json")
    assert [Path(each["document"]).name for each in found.json] == ["contract.pdf"]
    shown = home("audit", "--show-rules")
    assert (shown.code, "发票专用章" in shown.out) == (0, True)


def test_the_report_is_one_file_with_the_exceptions(home: Sealq, tmp_path: Path) -> None:
    assert "No audit yet" in home("report", "last", "--fail-on", "not_read").out
    assert home("report", "last", "--fail-on", "no_audit").code == 1
    home("audit", "last", "--expect", EXPECT)
    out = tmp_path / "morning.html"
    said = home(
        *("report", "last", "--format", "html", "--out", out, "--language", "zh"),
        *("--fail-on", "missing"),
    )
    assert (said.code, said.out) == (1, "")
    html = out.read_text(encoding="utf-8")
    assert "no_seal.png" in html
    assert "缺少印章" in html
    assert html.count("data:image/jpeg;base64,") == 1
    assert [each.name for each in tmp_path.glob(".*")] == []
