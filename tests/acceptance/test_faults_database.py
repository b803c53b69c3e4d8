"""The database refuses, conflicts, or is full: reading pauses, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from fakes import open_runtime, settings_for
from fault_stack import FaultStack, Workers, fault_stack, patiently
from faulty_pages import harmless
from rows import migrated, new_job, new_pages
from sqlalchemy import Engine, create_engine, make_url, select, text, update
from sqlalchemy.orm import Session
from waiting import until

from sealq_configs.settings import Settings
from sealq_storage.sql.engine import Sessions, open_engine
from sealq_storage.sql.tables import Page
from sealq_worker.count import PARTS
from sealq_worker.patience import transact

#: Seconds that a page takes where a test has to come in between.
SLOW = "0.1"
#: Pages of a document that is being read.
PAGES = 20
#: Bytes of the disk that is filled up.
SMALL_DISK = 2 << 20


@pytest.fixture
def admin(postgres_server: str) -> Iterator[Engine]:
    """A connection that stays when another database refuses."""
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@contextmanager
def refusing(admin: Engine, url: str) -> Iterator[None]:
    """Let a database refuse everybody, those who are connected too."""
    name = make_url(url).database
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(ended), {"name": name})
    yield
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))


def settings_of(tmp_path: Path, postgres_url: str, redis_url: str) -> Settings:
    """Settings with which a document's pages come in one message, so that some are in hand."""
    home, chunk = tmp_path / "home", PAGES * PARTS
    return settings_for(home, postgres_url, redis_url, resume_seconds=1, chunk_pages=chunk)


@contextmanager
def reading(stack: FaultStack) -> Iterator[Workers]:
    """Run workers that are in the middle of a document, whose pages come in one message."""
    stack.add("a.tif", harmless(PAGES))
    stack.submit("a.tif")
    with stack.working(FAULTY_SLOW=SLOW) as workers:
        patiently(lambda: stack.states()["done"] >= 3)
        yield workers


def test_a_database_that_refuses_for_a_while_makes_reading_pause(
    tmp_path: Path, postgres_url: str, redis_url: str, admin: Engine
) -> None:
    with fault_stack(settings_of(tmp_path, postgres_url, redis_url)) as stack:
        with reading(stack) as workers:
            (before,) = workers.processes()
            with refusing(admin, postgres_url):
                patiently(lambda: stack.log.count("the database: ") >= 3)
            stack.until_all_is_final()
            (after,) = workers.processes()
        assert after == before
        assert stack.attempts() == [1] * PAGES
        stack.check_nothing_is_lost_or_doubled()


def test_a_worker_that_dies_while_the_database_refuses_works_again_afterwards(
    tmp_path: Path, postgres_url: str, redis_url: str, admin: Engine
) -> None:
    with fault_stack(settings_of(tmp_path, postgres_url, redis_url)) as stack:
        with reading(stack) as workers:
            with refusing(admin, postgres_url):
                workers.processes()[0].kill()
                patiently(lambda: "can't be given back yet" in stack.log)
            stack.until_all_is_final()
        assert sum(stack.attempts()) == PAGES + 1
        stack.check_nothing_is_lost_or_doubled()


def test_a_transaction_that_met_another_is_done_again(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """A serialization failure: what was done is undone."""
    settings = settings_for(tmp_path, postgres_url, redis_url)
    with migrated(postgres_url) as sessions, open_runtime(settings) as runtime:
        new_pages(sessions, new_job(sessions))
        seen: list[int] = []

        def count(session: Session) -> None:
            session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
            seen.append(session.scalars(select(Page.attempts)).one())
            if len(seen) == 1:
                with sessions.begin() as other:
                    other.execute(update(Page).values(attempts=7))
            session.execute(update(Page).values(attempts=seen[-1] + 1))

        transact(runtime, count)
        with sessions.begin() as session:
            assert session.scalars(select(Page.attempts)).one() == 8
    assert seen == [0, 7]


def test_a_transaction_that_was_ended_for_a_deadlock_is_done_again(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """Two lock the same two pages, each in its own order; the server ends one of them."""
    settings = settings_for(tmp_path, postgres_url, redis_url)
    with migrated(postgres_url) as sessions, open_runtime(settings) as runtime:
        first, second = new_pages(sessions, new_job(sessions), pages=2)
        tries: list[int] = []

        def other(holds: Event) -> None:
            with sessions.begin() as session:
                session.execute(text("SET LOCAL deadlock_timeout = '10min'"))
                add(session, second)
                holds.set()
                add(session, first)  # waits for us

        def ours(session: Session) -> None:
            session.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
            tries.append(len(tries))
            add(session, first)
            if len(tries) == 1:
                other_holds = Event()
                running.append(pool.submit(other, other_holds))
                other_holds.wait()
                until(lambda: somebody_waits(sessions))
            add(session, second)

        running: list[Future[None]] = []
        with ThreadPoolExecutor(1) as pool:
            transact(runtime, ours)
        running[0].result()
        with sessions.begin() as session:
            assert session.scalars(select(Page.attempts)).all() == [2, 2]
    assert tries == [0, 1]


def add(session: Session, page_id: int) -> None:
    """Count an attempt of a page, which locks it until the transaction ends."""
    session.execute(update(Page).where(Page.id == page_id).values(attempts=Page.attempts + 1))


def somebody_waits(sessions: Sessions) -> bool:
    """Whether a transaction waits for a lock."""
    with sessions.begin() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_a_server_s_silence_has_an_end_and_what_the_url_says_stands(postgres_url: str) -> None:
    asked = make_url(postgres_url).update_query_dict({"connect_timeout": "3"})
    said = []
    for url in (postgres_url, asked.render_as_string(hide_password=False)):
        engine = open_engine(url)
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver
            said.append(driver.info.get_parameters())
        engine.dispose()
    assert [each["connect_timeout"] for each in said] == ["10", "3"]
    assert {each["tcp_user_timeout"] for each in said} == {"30000"}
    assert {each["keepalives_idle"] for each in said} == {"30"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("only root on Linux mounts a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_of_sqlite_makes_reading_pause(
    tmp_path: Path, small_disk: Path, redis_url: str
) -> None:
    url = f"sqlite:///{small_disk / 'sealq.db'}"
    settings = settings_for(tmp_path / "home", url, redis_url, resume_seconds=1)
    with fault_stack(settings) as stack:
        stack.add("a.tif", harmless(20))
        stack.submit("a.tif")
        with stack.working(FAULTY_SLOW=SLOW):
            patiently(lambda: stack.states()["done"] >= 3)
            with filled(small_disk):
                patiently(lambda: "disk is full" in stack.log)
            stack.until_all_is_final()
        assert stack.attempts() == [1] * 20
        stack.check_nothing_is_lost_or_doubled()


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill a disk, again and again: what a process gave free in between is taken too."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        yield
    ballast.unlink()
