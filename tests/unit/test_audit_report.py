"""The morning report: whole in one file, the same in both forms and languages, safe to open."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest
import yaml

from sealq_audit.reasons import Language
from sealq_audit.report.figures import Figures
from sealq_audit.report.page import html_report
from sealq_audit.report.pictures import LARGEST_PICTURE, SHOWN
from sealq_audit.report.text import text_report
from sealq_audit.report.words import words_in
from sealq_storage.job_figures import FailureCause, Retries, Speed
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.status import JobStatus
from sealq_storage.verdicts import Evidence, Verdict, VerdictResult

NIGHT = datetime(2026, 3, 31, 22, 15, tzinfo=UTC)
ENGLISH, CHINESE = words_in("en"), words_in("zh")
JOB = "20260331-2215-k7f3q"
SEAL = "readings/1/region1.jpg"


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    store = open_objects(tmp_path.as_uri())
    store.put(SEAL, b"\xff\xd8 a seal", "image/jpeg")
    store.put("readings/1/large.jpg", bytes(LARGEST_PICTURE + 1), "image/jpeg")
    return store


def exception(**values: Any) -> VerdictResult:
    return VerdictResult(
        **{
            "document_id": 1,
            "document": "in/发票 1.pdf",
            "verdict": Verdict.WRONG_COMPANY,
            "reason": "Sealed by 乙, not by 甲; kind invoice, by its name.",
            "reason_code": "wrong_company",
            "reason_values": {
                "found": "乙",
                "expected": "甲",
                "kind": "invoice",
                "known_by": "name",
            },
            "kind": "invoice",
            "evidence": (Evidence(page=1, region=1, field="owner", text="乙", picture=SEAL),),
            "expectation": None,
            "rules_digest": "r",
            "created_at": NIGHT,
            **values,
        }
    )


def figures(*exceptions: VerdictResult, **values: Any) -> Figures:
    status = JobStatus(
        id=JOB,
        name="March",
        preset="mobile",
        tags={},
        created_at=NIGHT,
        state="done",
        documents={"counted": 1234, "failed": 2},
        pages={"done": 5000, "failed": 3},
        known_pages=40,
        seals=900,
        pace=None,
        cut_seals=5,
        tax_marks=700,
    )
    return Figures(
        **{
            "status": status,
            "speed": Speed(4960, NIGHT, 3661.0),
            "verdicts": {Verdict.WRONG_COMPANY: 3, Verdict.OK: 1231},
            "exceptions": exceptions,
            "causes": [
                FailureCause("crashed", 0, 3, "The worker died."),
                FailureCause("encrypted", 2, 0, "It wants a password."),
            ],
            "retries": Retries(0, 4),
            "made_at": NIGHT + timedelta(hours=8),
            **values,
        }
    )


class Page(HTMLParser):
    """What a browser would fetch, and what a person reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "srcset", "data", "action"}:
                self.fetched.append(value or "")
            elif name == "href":
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_text_says_it_all() -> None:
    text = text_report(figures(exception()), ENGLISH)
    assert text.splitlines() == [
        "Seals of job March",
        "done; submitted 2026-03-31 22:15 UTC, report of 2026-04-01 06:15 UTC",
        "  Documents: 1,236; 2 could not be opened",
        "  Pages: 5,003; 5,000 read, 40 of them known before, 3 failed",
        "  Seals: 900; 5 cut seals and 700 tax marks, which are not read",
        "  Speed: 1.35 pages a second: 4,960 pages in 1:01:01 from submit to the last page",
        "",
        "Verdicts",
        "        3  wrong company",
        "    1,231  ok",
        "",
        "What needs a person",
        "  wrong company: in/发票 1.pdf",
        "    Sealed by 乙, not by 甲; kind invoice, by its name.",
        f"  2 more: sealq audit {JOB}, or sealq export {JOB} --exceptions",
        "",
        "Failures by cause",
        "  crashed: Documents: 0, Pages: 3. For instance: The worker died.",
        "  encrypted: Documents: 2, Pages: 0. For instance: It wants a password.",
        "",
        "To be tried again",
        "  0 documents and 4 pages by themselves",
        f"  3 used up their attempts: sealq dead list {JOB}, then sealq dead requeue --job {JOB}",
    ]


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_page_says_what_the_text_says(objects: ObjectStore, words: Any) -> None:
    shown = figures(exception())
    page = Page(html_report(shown, objects, words))
    said = re.sub(r"\s+", " ", page.text)
    for line in text_report(shown, words).splitlines():
        for part in re.split(r"[,;:；：] ?|  +|For instance|示例", line.strip()):
            assert re.sub(r"\s+", " ", part).strip(" ;.") in said


def test_the_page_needs_nothing_but_itself(objects: ObjectStore) -> None:
    html = html_report(figures(exception()), objects, ENGLISH)
    page = Page(html)
    assert page.fetched == ["data:image/jpeg;base64,/9ggYSBzZWFs"]
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_pictures_that_are_too_large_or_gone_are_linked(objects: ObjectStore) -> None:
    keys = (SEAL, "readings/1/large.jpg", "readings/1/gone.jpg", "readings/1/fourth.jpg")
    evidence = tuple(Evidence(page=1, region=1, picture=key) for key in (SEAL, *keys))
    page = Page(html_report(figures(exception(evidence=evidence)), objects, ENGLISH))
    assert len(page.fetched) == 1
    assert page.links == [Path(objects.locate(key)).as_uri() for key in keys[:SHOWN]]


def test_a_picture_of_a_whole_page_is_linked(objects: ObjectStore) -> None:
    evidence = (Evidence(page=7, field="page", picture=SEAL),)
    page = Page(html_report(figures(exception(evidence=evidence)), objects, ENGLISH))
    assert (page.fetched, len(page.links)) == ([], 1)
    assert "page 7" in page.text


def test_texts_of_strangers_are_shown_and_never_run(objects: ObjectStore) -> None:
    bad = "<script>alert(1)</script>\"'&"
    shown = figures(
        exception(document=bad, reason=bad, reason_code=""),
        causes=[FailureCause(bad, 1, 0, bad)],
    )
    page = Page(html_report(shown, objects, ENGLISH))
    assert "script" not in page.tags
    assert page.text.count(bad) == 4


def test_a_job_without_an_audit_says_how_to_get_one(objects: ObjectStore) -> None:
    shown = figures(verdicts={}, causes=[], retries=Retries(0, 0))
    for said in (text_report(shown, ENGLISH), html_report(shown, objects, ENGLISH)):
        assert f"No audit yet: sealq audit {JOB}" in said
        assert "Nothing failed." in said
        assert "tried again" not in said


def test_both_languages_have_the_same_words() -> None:
    text = resources.files("sealq_audit.report").joinpath("words.yaml").read_text("utf-8")
    words = yaml.safe_load(text)
    assert set(words) == set(get_args(Language))
    assert list(words["en"]) == list(words["zh"])
    for name, phrase in words["en"].items():
        assert _holes(phrase) == _holes(words["zh"][name]), name


def _holes(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


@pytest.mark.parametrize("colour", ["a40e26", "7d4e00", "116329", "57606a", "0550ae", "1b1f24"])
def test_colours_have_the_contrast_that_wcag_asks_for(colour: str) -> None:
    style = resources.files("sealq_audit.report").joinpath("report.html").read_text("utf-8")
    assert f"#{colour}" in style
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5
