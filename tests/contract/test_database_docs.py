"""docs/database.md describes the tables as they are, and its queries answer their questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from sealq_storage.sql.engine import open_engine, open_sessions
from sealq_storage.sql.migrate import upgrade
from sealq_storage.sql.schema import METADATA
from sealq_storage.sql.tables import (
    Document,
    DocumentState,
    Field,
    Job,
    Line,
    Page,
    PageState,
    Pipeline,
    Reading,
    Region,
)

DOCS = (Path(__file__).parents[2] / "docs" / "database.md").read_text(encoding="utf-8")
NIGHT = datetime(2026, 3, 31, 22, 15, tzinfo=UTC)
PREFIX = "readings/aa/aaaa"

#: Rows that each question has for answer in the database below.
ANSWERS: dict[str, list[tuple[object, ...]]] = {
    "How far is each job?": [("march", "March", "done", 2), ("march", "March", "failed", 1)],
    "What happened to this document?": [
        ("march", "in/contract.pdf", "counted", 1, "done", 1, None, 1),
        ("march", "in/contract.pdf", "counted", 2, "done", 1, None, 0),
    ],
    "Which seals say this?": [("in/contract.pdf", 1, 1, "发票专用章", 0.97, f"{PREFIX}/1")],
    "Which seals have this owner?": [
        ("in/contract.pdf", 1, 1, "某某有限公司", "read", "发票专用章")
    ],
    "What failed, and why?": [
        ("march", "in/broken.pdf", None, 1, "corrupt", "The document is damaged."),
        ("march", "in/poison.pdf", 1, 3, "crashed", "The worker died."),
    ],
    "Which pages have no seal?": [("in/contract.pdf", 2, "layout", 0.75)],
    "Which pages were slow?": [
        ("in/contract.pdf", 2, "cpu", 10.5, 1240, 1754),
        ("in/contract.pdf", 1, "cpu", 9.25, 1240, 1754),
    ],
}


def queries() -> dict[str, str]:
    return dict(
        re.findall(r"^### ([^\n]+\?)\n+```sql\n(.*?);\n```", DOCS, re.DOTALL | re.MULTILINE)
    )


def described(table: str) -> set[str]:
    section = DOCS.split(f"\n### {table}\n")[1].split("\n#")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    upgrade(opened)
    with open_sessions(opened).begin() as session:
        fill(session)
    yield opened
    opened.dispose()


def fill(session: Session) -> None:
    """Store a job with a contract (a sealed page, one with a tax mark) and two failed files."""
    session.add(Pipeline(id="p", preset="mobile", spec={}, created_at=NIGHT))
    session.flush()
    job = Job(id="march", name="March", pipeline_id="p", priority=5, tags={}, created_at=NIGHT)
    session.add(job)
    session.flush()
    session.add_all(
        [
            document(1, "in/contract.pdf", page_count=2),
            document(2, "in/poison.pdf", page_count=1),
            document(3, "in/broken.pdf", error="The document is damaged.", error_code="corrupt"),
            reading(1, seconds=9.25),
            reading(2, seconds=10.5, empty_score=0.75),
        ]
    )
    session.flush()
    session.add_all(
        [
            page(1, 1, reading_id=1),
            page(1, 2, reading_id=2),
            page(2, 1, attempts=3, error_code="crashed", error="The worker died."),
            region(1, 1, "seal"),
            region(2, 2, "tax_mark"),
        ]
    )
    session.flush()
    for name, said in (("owner", "某某有限公司"), ("purpose", "发票专用章")):
        session.add(field(1, name, said))
    for number, (said, score) in enumerate([("某某有限公司", 0.99), ("发票专用章", 0.97)], start=1):
        session.add(Line(region_id=1, number=number, text=said, score=score, polygon=[[1, 2]]))


def document(id_: int, source: str, **values: object) -> Document:
    return Document(
        id=id_,
        job_id="march",
        source=source,
        location=f"file:///{source}",
        state=DocumentState.FAILED if "error" in values else DocumentState.COUNTED,
        attempts=1,
        created_at=NIGHT,
        **values,
    )


def page(document_id: int, number: int, *, attempts: int = 1, **values: object) -> Page:
    return Page(
        job_id="march",
        document_id=document_id,
        number=number,
        attempts=attempts,
        state=PageState.FAILED if "error" in values else PageState.DONE,
        **values,
    )


def region(id_: int, reading_id: int, label: str) -> Region:
    box = {"x1": 1, "y1": 2, "x2": 3, "y2": 4}
    return Region(
        id=id_, reading_id=reading_id, number=1, frame="page", **box, score=0.9, label=label
    )


def field(region_id: int, name: str, said: str) -> Field:
    return Field(
        region_id=region_id, name=name, text=said, score=0.9, state="read", alternatives=[]
    )


def reading(page_number: int, *, seconds: float, empty_score: float | None = None) -> Reading:
    return Reading(
        id=page_number,
        content_sha256="a" * 64,
        page_number=page_number,
        pipeline_digest="d" * 64,
        pipeline_id="p",
        page_width=1240,
        page_height=1754,
        dpi=150,
        looked="layout",
        transform={},
        object_prefix=f"{PREFIX}/{page_number}",
        pictures=[],
        seconds={"prepare": 0.5, "read": seconds},
        device="cpu",
        empty_score=empty_score,
        created_at=NIGHT,
    )


@pytest.mark.parametrize("question", ANSWERS)
def test_each_query_answers_its_question(engine: Engine, question: str) -> None:
    with engine.connect() as connection:
        rows = connection.execute(text(queries()[question])).all()
    assert [tuple(row) for row in rows] == ANSWERS[question]


def test_no_query_goes_untested() -> None:
    assert set(queries()) == set(ANSWERS)
    assert DOCS.count("```sql") == len(ANSWERS)


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=str)
def test_every_column_is_described(table: object) -> None:
    columns = METADATA.tables[str(table)].columns
    assert described(str(table)) == {column.name for column in columns}
