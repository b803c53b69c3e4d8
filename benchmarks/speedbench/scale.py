"""What claiming, committing and asking cost in a small and in a large database."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from sqlalchemy.orm import Session

from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_storage.documents import (
    Counted,
    NewDocument,
    add_documents,
    claim_documents,
    finish_counting,
)
from sealq_storage.jobs import NewJob, create_job
from sealq_storage.pages import begin_attempts, claim_pages, finish_pages
from sealq_storage.readings import NewLine, NewReading, NewRegion, ReadingKey, save_readings
from sealq_storage.results import ResultFilter, stream_regions
from sealq_storage.sql.opening import Database
from sealq_storage.status import job_status, list_jobs
from speedbench.fill import COMMON, RARE

#: Pages that are claimed and committed together: one message.
CHUNK = 16
#: Chunks of each round; rounds of the databases alternate.
CHUNKS = 20
ROUNDS = 5

_WORKER, _LEASE = "bench", 900
_SQUARE = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


def claim_and_commit(databases: list[Database]) -> list[dict[str, float]]:
    """Return the milliseconds a page takes to be claimed, and to be committed, in each."""
    spent: list[dict[str, list[float]]] = [{"claim": [], "commit": []} for _ in databases]
    for round_ in range(ROUNDS):
        for database, of_database in zip(databases, spent, strict=True):
            ids = _new_pages(database, round_)
            for chunk in range(CHUNKS):
                for name, seconds in _one_chunk(database, ids[chunk * CHUNK :][:CHUNK]).items():
                    of_database[name].append(seconds)
    return [
        {name: median(seconds) / CHUNK * 1e3 for name, seconds in of_database.items()}
        for of_database in spent
    ]


def _new_pages(database: Database, round_: int) -> list[int]:
    """List a document of enough pages; return their ids."""
    spec = load_preset("mobile").spec(PredictParameters())
    pages = CHUNK * CHUNKS
    with database.sessions.begin() as session:
        job = create_job(session, NewJob(f"round {round_}", spec))
        ids = add_documents(session, job.id, [NewDocument("a.tif", "file:///a.tif")])
        (document,) = claim_documents(session, ids, _WORKER, _LEASE)
        sha256 = f"{document.id:064x}"
        counted = Counted(sha256, 1, "image/tiff", pages, numbers=range(1, pages + 1))
        return finish_counting(session, _WORKER, {document: counted})[document.id]


def _one_chunk(database: Database, ids: list[int]) -> dict[str, float]:
    started = time.perf_counter()
    with database.sessions.begin() as session:
        pages = claim_pages(session, ids, _WORKER, _LEASE)
    with database.sessions.begin() as session:
        begin_attempts(session, ids, _WORKER, _LEASE)
    claimed = time.perf_counter()
    news = {page.id: _reading(page.sha256, page.number, page.pipeline_id) for page in pages}
    prepared = time.perf_counter()
    with database.sessions.begin() as session:
        made = save_readings(session, news.values())
        finish_pages(session, _WORKER, {id_: made[new.key] for id_, new in news.items()})
    return {"claim": claimed - started, "commit": time.perf_counter() - prepared}


def _reading(sha256: str, number: int, pipeline_id: str) -> NewReading:
    lines = (NewLine("天津某某商贸" + COMMON, 0.9, _SQUARE), NewLine("发票专用章", 0.9, _SQUARE))
    region = NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, lines)
    return NewReading(
        key=ReadingKey(sha256, number, "d" * 64),
        pipeline_id=pipeline_id,
        page_width=1240,
        page_height=1754,
        dpi=144.0,
        looked="layout",
        transform={},
        object_prefix=f"readings/{sha256}/{number}",
        pictures=(),
        seconds={},
        device="cpu",
        regions=(region, replace(region, lines=lines[:1])),
    )


def ask(database: Database, job_id: str) -> dict[str, float]:
    """Return the milliseconds, in the middle of several, that each question takes."""
    questions: dict[str, Callable[[Session], object]] = {
        "status of one job": lambda session: job_status(session, job_id),
        "status of all jobs": list_jobs,
        **{f"results --match {text}": _matching(job_id, text) for text in (RARE, RARE[:2])},
    }
    return {name: _middle(database, question) for name, question in questions.items()}


def _matching(job_id: str, text: str) -> Callable[[Session], object]:
    return lambda session: list(stream_regions(session, job_id, ResultFilter(match=text)))


def _middle(database: Database, question: Callable[[Session], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with database.queries.begin() as session:
            question(session)
        seconds.append(time.perf_counter() - started)
    return median(seconds) * 1e3
