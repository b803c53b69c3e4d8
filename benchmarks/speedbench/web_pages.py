"""How long pages take on a large job: `python -m speedbench.web_pages --documents 10000`."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import click
from fastapi.testclient import TestClient
from sqlalchemy import insert
from sqlalchemy.orm import Session

from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import Settings
from sealq_storage.jobs import NewJob, create_job, mark_submitted
from sealq_storage.search import index_texts
from sealq_storage.sql.opening import open_database, upgrade_database
from sealq_storage.sql.tables import (
    Document,
    DocumentState,
    Field,
    Line,
    Page,
    PageState,
    Reading,
    Region,
)
from sealq_storage.sql.verdict_tables import DocumentVerdict
from sealq_storage.verdicts import Verdict
from sealq_web.app import create_app

#: No page of a job of 10,000 documents may take longer.
LIMIT_SECONDS = 0.3
_ROUNDS = 7
_BATCH = 2000
_VERDICTS = list(Verdict)
_COMPANIES = 500


def fill(session: Session, documents: int) -> str:
    """Make a job whose documents have a page with a seal and a verdict each; return its id."""
    spec = load_preset("mobile").spec(PredictParameters())
    job_id = create_job(session, NewJob("large", spec)).id
    mark_submitted(session, job_id)
    for start in range(1, documents + 1, _BATCH):
        numbers = range(start, min(documents + 1, start + _BATCH))
        for table, rows in _rows(job_id, spec.id, numbers).items():
            session.execute(insert(table), rows)
        index_texts(session, {number: _texts(number) for number in numbers})
    return job_id


def _rows(job_id: str, pipeline_id: str, numbers: range) -> Mapping[type, list[dict[str, object]]]:
    return {
        Document: [_document(job_id, number) for number in numbers],
        Reading: [_reading(pipeline_id, number) for number in numbers],
        Page: [_page(job_id, number) for number in numbers],
        Region: [_region(number) for number in numbers],
        Line: [_line(number, each) for number in numbers for each in (1, 2, 3)],
        Field: [_field(number) for number in numbers],
        DocumentVerdict: [_verdict(job_id, number) for number in numbers],
    }


def _company(number: int) -> str:
    return f"第{number % _COMPANIES}样本贸易有限公司"


def _document(job_id: str, number: int) -> dict[str, object]:
    source = f"invoices/2026/{number % 12 + 1:02d}/invoice-{number:06d}.pdf"
    counted = {"state": DocumentState.COUNTED, "page_count": 1, "sha256": f"{number:064x}"}
    return {"id": number, "job_id": job_id, "source": source, "location": source, **counted}


def _reading(pipeline_id: str, number: int) -> dict[str, object]:
    return {
        "id": number,
        "content_sha256": f"{number:064x}",
        "page_number": 1,
        "pipeline_digest": "d" * 64,
        "pipeline_id": pipeline_id,
        "page_width": 1240,
        "page_height": 1754,
        "looked": "layout",
        "transform": {},
        "object_prefix": f"readings/{number}",
        "pictures": ["page.jpg"],
        "seconds": {},
        "device": "cpu",
    }


def _page(job_id: str, number: int) -> dict[str, object]:
    done = {"state": PageState.DONE, "reading_id": number, "number": 1}
    return {"id": number, "job_id": job_id, "document_id": number, **done}


def _region(number: int) -> dict[str, object]:
    box = {"x1": 100, "y1": 200, "x2": 300, "y2": 400}
    return {"id": number, "reading_id": number, "number": 1, "frame": "page", "score": 0.9, **box}


def _texts(number: int) -> tuple[str, ...]:
    return _company(number), "发票专用章", f"{number:013d}"


def _line(number: int, each: int) -> dict[str, object]:
    polygon = [[float(x), float(x)] for x in range(40)]
    text = _texts(number)[each - 1]
    return {"region_id": number, "number": each, "text": text, "score": 0.9, "polygon": polygon}


def _field(number: int) -> dict[str, object]:
    said = {"name": "owner", "text": _company(number), "score": 0.9, "state": "read"}
    return {"region_id": number, "alternatives": [], **said}


def _verdict(job_id: str, number: int) -> dict[str, object]:
    return {
        "document_id": number,
        "job_id": job_id,
        "verdict": _VERDICTS[number % len(_VERDICTS)],
        "reason": "A sentence that says why, about as long as such a sentence usually is.",
        "reason_code": "",
        "reason_values": {},
        "kind": "invoice",
        "evidence": [],
        "rules_digest": "r" * 64,
    }


def pages(job_id: str, documents: int) -> Iterator[tuple[str, str]]:
    """Yield what is asked for, and by which path."""
    job = f"/jobs/{job_id}"
    yield "jobs", "/jobs"
    yield "a job", job
    queries: list[dict[str, object]] = [
        {"after": documents - 60},
        {"verdict": "review"},
        {"verdict": "none"},
        {"standing": "failed"},
        {"standing": "done", "after": documents // 2},
        {"search": "invoice-000123"},
        {"search": "第123样本"},
        {"search": "nowhere at all"},
        {"search": "专用", "verdict": "ok", "standing": "done"},
    ]
    for query in queries:
        shown = " ".join(f"{name}={value}" for name, value in query.items())
        yield f"its documents: {shown}", f"{job}?{urlencode(query)}"
    yield "the next exception", f"{job}/review"
    yield "a document", f"{job}/documents/{documents // 2}/pages/1"


@click.command()
@click.option("--documents", default=10_000, help="How many the job has.")
@click.option("--database", help="URL of an empty database; default: a SQLite file.")
def main(documents: int, database: str | None) -> None:
    """Fill a database and say how long each page takes.

    Of some rounds the middle and the worst, and the middle of what this process computed: on a busy
    machine that is what counts, but for what a database server does.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), database_url=database)
        upgrade_database(settings.database)
        with open_database(settings.database) as opened, opened.sessions.begin() as session:
            job_id = fill(session, documents)
        with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
            slow = [each for each in pages(job_id, documents) if not _quick(client, *each)]
    if slow:
        raise click.ClickException(f"{len(slow)} pages took longer than {LIMIT_SECONDS} s.")


def _quick(client: TestClient, shown: str, path: str) -> bool:
    taken = [_seconds(client, path) for _ in range(_ROUNDS)]
    walls, computing = zip(*taken, strict=True)
    middle: float = statistics.median(walls)
    figures = (middle, max(walls), statistics.median(computing))
    click.echo("".join(f"{seconds * 1000:6.0f} ms" for seconds in figures) + f"  {shown}")
    return middle <= LIMIT_SECONDS


def _seconds(client: TestClient, path: str) -> tuple[float, float]:
    """Return how long a page took, and how much of that this process computed."""
    started, computed = time.perf_counter(), time.process_time()
    answer = client.get(path, follow_redirects=False)
    taken = time.perf_counter() - started, time.process_time() - computed
    if answer.is_error:
        raise click.ClickException(f"{path}: {answer.status_code}")
    return taken


if __name__ == "__main__":
    main()
