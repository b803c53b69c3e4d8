"""A running stack: PostgreSQL, Redis and S3 servers, `sealq worker`, `sealq submit`."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from installed import PATIENCE, SAMPLE_NAMES, Said, SamplesRun, Sealq, command
from redis import Redis
from sqlalchemy import Engine, create_engine, func, make_url, select, text
from waiting import gone, until

from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.sql.engine import open_engine
from sealq_storage.sql.tables import Document, Job, Page, Reading, Table, Tally

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INPUTS, STORE = "cluster-inputs", "cluster-store"


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: str,
    redis_server: str,
    s3_server: str,
    s3_admin: S3Client,
) -> Sealq:
    """Return the command with real servers behind it, its database migrated by `db upgrade`."""
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE cluster"))
    engine.dispose()
    with Redis.from_url(redis_server) as client:
        client.flushall()
    for bucket in (INPUTS, STORE):
        s3_admin.create_bucket(Bucket=bucket)
    url = make_url(postgres_server).set(drivername="postgresql", database="cluster")
    variables = {
        "SEALQ_DATABASE_URL": url.render_as_string(hide_password=False),
        "SEALQ_REDIS_URL": redis_server,
        "SEALQ_OBJECTS_URL": f"s3://{STORE}/sealq",
        "SEALQ_S3_ENDPOINT_URL": s3_server,
    }
    sealq = Sealq(tmp_path_factory.mktemp("cluster"), variables)
    for _ in range(2):  # again at will
        assert sealq("db", "upgrade").code == 0
    return sealq


@pytest.fixture(scope="module")
def database(cluster: Sealq) -> Iterator[Engine]:
    """Return the stack's database."""
    engine = open_engine(cluster.variables["SEALQ_DATABASE_URL"])
    yield engine
    engine.dispose()


@contextmanager
def serving(cluster: Sealq, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker; in the end tell it to stop, and see that it does with all that it started."""
    log = cluster.folder / "worker.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments, cwd=cluster.folder, env=cluster.environment(), stdout=output, stderr=output
        )
    try:
        yield process
        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, log.read_text("utf-8")
        assert all(gone(child.pid) for child in below)
    finally:
        process.kill()
        process.wait()


def worker(*arguments: str) -> list[str]:
    return command("worker", *arguments)


def page_states(database: Engine, job_id: str) -> list[str]:
    with database.connect() as connection:
        rows = connection.scalars(select(Page.state).where(Page.job_id == job_id))
        return list(rows)


# The same job on one machine and on a cluster -----------------------------------------------------

#: What belongs to one stack or one moment, and differs.
OF_THE_STACK = {
    *("id", "job_id", "document_id", "reading_id", "region_id", "name", "tags", "location"),
    "source_sha256",  # of its whole name
    *("created_at", "submitted_at", "finished_at", "published_at", "lease_until", "seconds"),
}


def rows_of(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table, without what belongs to the stack."""
    with engine.connect() as connection:
        return {
            table.name: sorted(
                (plain(row._asdict()) for row in connection.execute(table.select())), key=str
            )
            for table in Table.metadata.sorted_tables
            if table is not Tally.__table__  # which worker counted what differs
        }


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in row.items() if name not in OF_THE_STACK}
    if "source" in found:
        found["source"] = Path(found["source"]).name
    return found


def objects_of(engine: Engine, objects: ObjectStore) -> dict[str, object]:
    """Return every object of every reading by its key: pictures as bytes, JSON less its seconds."""
    found: dict[str, object] = {}
    with engine.connect() as connection:
        for prefix, names in connection.execute(select(Reading.object_prefix, Reading.pictures)):
            content = json.loads(objects.get(f"{prefix}/reading.json"))
            for timed in (content, *content["regions"]):
                del timed["seconds"]
            found[prefix] = content
            found.update({f"{prefix}/{name}": objects.get(f"{prefix}/{name}") for name in names})
    return found


@pytest.fixture(scope="module")
def local_files(cluster: Sealq, samples_run: SamplesRun) -> Said:
    """Submit files of this host to the empty stack, and wait for them."""
    with serving(cluster, *worker("--device", "cpu")):
        said = cluster("submit", *(samples_run.documents / name for name in SAMPLE_NAMES), "--wait")
    assert said.code == 0, said.err
    return said


def test_submit_prints_the_job_s_id_and_nothing_else(local_files: Said) -> None:
    assert re.fullmatch(r"\d{8}-\d{4}-[2-9a-z]{5}\n", local_files.out)


def test_rows_and_objects_are_those_of_the_same_job_on_one_machine(
    local_files: Said, cluster: Sealq, database: Engine, samples_run: SamplesRun
) -> None:
    assert "done: 5 documents, 9 pages read" in local_files.err
    one_machine = open_engine(f"sqlite:///{samples_run.sealq.home / 'sealq.db'}")
    here, there = rows_of(database), rows_of(one_machine)
    for table in here:
        assert here[table] == there[table]
    bucket = open_objects(
        cluster.variables["SEALQ_OBJECTS_URL"],
        s3_endpoint_url=cluster.variables["SEALQ_S3_ENDPOINT_URL"],
    )
    folder = open_objects((samples_run.sealq.home / "objects").as_uri())
    assert objects_of(database, bucket) == objects_of(one_machine, folder)
    one_machine.dispose()


def test_a_file_of_the_producer_s_host_travels_through_the_object_store_by_its_content(
    local_files: Said, database: Engine, s3_admin: S3Client, samples_run: SamplesRun
) -> None:
    with database.connect() as connection:
        jobs = select(Document.location).where(Document.job_id == local_files.out.strip())
        locations = set(connection.scalars(jobs))
    files = [samples_run.documents / name for name in SAMPLE_NAMES]
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    assert locations == {f"object:inputs/{sha256[:2]}/{sha256}" for sha256 in hashes}
    stored = s3_admin.list_objects_v2(Bucket=STORE, Prefix="sealq/inputs/")["Contents"]
    assert {Path(each["Key"]).name for each in stored} == set(hashes)


def test_documents_below_an_s3_prefix_are_read_where_they_lie(
    local_files: Said, cluster: Sealq, s3_admin: S3Client, samples_run: SamplesRun
) -> None:
    """Through Celery's own command, which serves a stack as well."""
    names = ("receipts.tiff", "invoice.jpg")
    for name in names:
        s3_admin.upload_file(str(samples_run.documents / name), INPUTS, f"2026/{name}")
    celery = str(Path(sysconfig.get_path("scripts")) / "celery")
    # Another parameter: these readings are made anew.
    options = ("--set", "seal_rec_score_thresh=0.1", "--wait")
    with serving(cluster, celery, "-A", "sealq_worker.app", "worker"):
        said = cluster("submit", f"s3://{INPUTS}/2026/", *options)
    assert said.code == 0, said.err
    assert "done: 2 documents, 4 pages read, " in said.err
    found = cluster("results", said.out.strip(), "--format", "json").json
    before = cluster("results", local_files.out.strip(), "--format", "json").json
    assert {region["document"] for region in found} == {f"s3://{INPUTS}/2026/{n}" for n in names}
    assert sorted(places(found)) == sorted(place for place in places(before) if place[0] in names)


def places(regions: list[dict[str, Any]]) -> list[tuple[str, int, list[float], list[str]]]:
    return [
        (
            Path(region["document"]).name,
            region["page"],
            region["box"],
            [line["text"] for line in region["lines"]],
        )
        for region in regions
    ]


# Processes that end -------------------------------------------------------------------------------


def test_a_killed_worker_process_is_replaced_and_every_page_is_done_once(
    cluster: Sealq, database: Engine, samples_run: SamplesRun
) -> None:
    documents = [samples_run.documents / name for name in ("contract.pdf", "receipts.tiff")]
    alone = replace(cluster, variables={**cluster.variables, "SEALQ_CPU_PROCESSES": "1"})
    with serving(alone, *worker("--device", "cpu")) as supervisor:
        job_id = cluster("submit", *documents, "--set", "seal_det_box_thresh=0.55").out.strip()
        until(lambda: "done" in page_states(database, job_id))
        (child,) = psutil.Process(supervisor.pid).children()
        child.kill()
        until(lambda: page_states(database, job_id) == ["done"] * 6)
        (successor,) = psutil.Process(supervisor.pid).children()
    assert successor.pid != child.pid
    with database.connect() as connection:
        attempts = connection.scalars(select(Page.attempts).where(Page.job_id == job_id)).all()
        pipeline = select(Job.pipeline_id).where(Job.id == job_id).scalar_subquery()
        mine = select(func.count()).where(Reading.pipeline_id == pipeline)
        assert connection.scalar(mine) == 6
    # The page in hand was begun twice, all others once: none of them was read again.
    assert sorted(attempts) in ([1] * 6, [1] * 5 + [2])
    assert "killed by SIGKILL" in (cluster.folder / "worker.log").read_text("utf-8")
