"""Rules of dispatch: what SQL says is due gets a message, in as few as possible, once a round."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes import Message, settings_for, submit_files, take_messages
from rows import end_leases, migrated, new_documents, new_job, new_pages
from sqlalchemy import select, update
from waiting import until

from sealq_configs.settings import Settings
from sealq_storage import dispatch
from sealq_storage.dispatch import Dispatcher, Republished, Route
from sealq_storage.documents import claim_documents
from sealq_storage.errors import BrokerUnreachableError
from sealq_storage.jobs import cancel_job
from sealq_storage.pages import claim_pages
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Page
from sealq_storage.transport import TASK_COUNT, TASK_READ, Transport, make_celery, queues_of

ROUTE = Route(priority=4, device_kind=None)


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return settings_for(tmp_path, database_url, redis_url, chunk_pages=4, chunk_documents=3)


@pytest.fixture
def transport(settings: Settings) -> Transport:
    return Transport(make_celery(settings))


@pytest.fixture
def dispatcher(settings: Settings, sessions: Sessions, transport: Transport) -> Dispatcher:
    return Dispatcher(sessions, transport, settings)


def publish_at(sessions: Sessions, table: type[Document | Page], seconds_ago: int) -> None:
    with sessions.begin() as session:
        session.execute(update(table).values(published_at=database_now(-seconds_ago)))


class TestSending:
    def test_messages_are_chunks_of_ids(
        self, settings: Settings, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        job_id = new_job(sessions)
        pages = new_pages(sessions, job_id, pages=6)
        documents = new_documents(sessions, job_id, "b.pdf", "c.pdf", "d.pdf", "e.pdf")
        dispatcher.count(documents, ROUTE)
        dispatcher.read(pages, ROUTE)
        assert take_messages(settings) == [
            Message(TASK_COUNT, "sealq.count", 4, tuple(documents[:3])),
            Message(TASK_COUNT, "sealq.count", 4, tuple(documents[3:])),
            Message(TASK_READ, "sealq.read", 4, tuple(pages[:4])),
            Message(TASK_READ, "sealq.read", 4, tuple(pages[4:])),
        ]

    def test_pages_for_one_kind_of_device_have_a_queue_of_their_own(
        self, settings: Settings, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        pages = new_pages(sessions, new_job(sessions))
        dispatcher.read(pages, Route(4, "npu"))
        assert [message.queue for message in take_messages(settings)] == ["sealq.read.npu"]

    def test_a_larger_priority_is_sooner(
        self, settings: Settings, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        pages = new_pages(sessions, new_job(sessions), pages=4)
        for page_id, priority in zip(pages, (0, 9, 3, 6), strict=True):
            dispatcher.read([page_id], Route(priority, None))
        assert [message.priority for message in take_messages(settings)] == [9, 6, 3, 0]

    def test_waiting_messages_are_counted_over_queues_and_priorities(
        self, sessions: Sessions, dispatcher: Dispatcher, transport: Transport
    ) -> None:
        assert transport.waiting() == 0
        pages = new_pages(sessions, new_job(sessions), pages=10)
        dispatcher.count([1], Route(9, None))
        for priority in range(10):
            dispatcher.read(pages[priority : priority + 1], Route(priority, None))
        dispatcher.read(pages, Route(4, "gpu"))  # three messages
        assert transport.waiting() == 1 + 10 + 3

    def test_what_redis_did_not_take_stays_unpublished(
        self, tmp_path: Path, sqlite_url: str, free_port: int
    ) -> None:
        away = settings_for(tmp_path, sqlite_url, f"redis://127.0.0.1:{free_port}/0")
        with migrated(sqlite_url) as sessions:
            pages = new_pages(sessions, new_job(sessions))
            dispatcher = Dispatcher(sessions, Transport(make_celery(away)), away)
            with pytest.raises(BrokerUnreachableError, match="SEALQ_REDIS_URL"):
                dispatcher.read(pages, ROUTE)
            with sessions.begin() as session:
                assert session.scalars(select(Page.published_at)).all() == [None]


class TestAgain:
    @pytest.fixture(autouse=True)
    def short_rounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dispatch, "ROUND_ROWS", 5)

    def test_what_is_due_and_unpublished_is_published_once(
        self, settings: Settings, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        job_id = new_job(sessions)
        pages = new_pages(sessions, job_id, pages=12)
        documents = new_documents(sessions, job_id, *(f"{number}.pdf" for number in range(7)))
        assert dispatcher.republish_due(older_than=3600) == Republished(7, 12)
        messages = take_messages(settings)
        assert ids_of(messages, TASK_READ) == pages
        assert ids_of(messages, TASK_COUNT) == documents
        assert dispatcher.republish_due(older_than=3600) == Republished(0, 0)

    def test_with_no_age_asked_for_each_is_published_once_all_the_same(
        self, settings: Settings, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        """Sending is quicker than the clock of SQLite ticks; `sealq run` asks for age 0."""
        pages = new_pages(sessions, new_job(sessions), pages=12)
        publish_at(sessions, Page, seconds_ago=0)
        assert dispatcher.republish_due(older_than=0) == Republished(0, 12)
        assert ids_of(take_messages(settings), TASK_READ) == pages

    @pytest.mark.parametrize(("age", "again"), [(3500, 0), (3700, 1)])
    def test_what_was_published_is_published_again_only_after_a_time(
        self, sessions: Sessions, dispatcher: Dispatcher, age: int, again: int
    ) -> None:
        job_id = new_job(sessions)
        new_pages(sessions, job_id)
        new_documents(sessions, job_id, "b.pdf")
        publish_at(sessions, Page, age)
        publish_at(sessions, Document, age)
        assert dispatcher.republish_due(older_than=3600) == Republished(again, again)

    def test_what_a_worker_holds_is_not_published_until_its_lease_ends(
        self, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        job_id = new_job(sessions)
        pages = new_pages(sessions, job_id)
        documents = new_documents(sessions, job_id, "b.pdf")
        with sessions.begin() as session:
            claim_pages(session, pages, "worker", 60)
            claim_documents(session, documents, "worker", 60)
        assert dispatcher.republish_due(older_than=0) == Republished(0, 0)
        with sessions.begin() as session:
            end_leases(session)
        assert dispatcher.republish_due(older_than=0) == Republished(1, 1)

    def test_what_is_final_is_not_published(
        self, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        job_id = new_job(sessions)
        new_pages(sessions, job_id, pages=3)
        with sessions.begin() as session:
            for number, state in enumerate(("done", "failed", "cancelled"), start=1):
                session.execute(update(Page).where(Page.number == number).values(state=state))
            end_leases(session)
        assert dispatcher.republish_due(older_than=0) == Republished(0, 0)

    def test_a_cancelled_job_is_not_published(
        self, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        job_id = new_job(sessions)
        new_pages(sessions, job_id)
        new_documents(sessions, job_id, "b.pdf")
        with sessions.begin() as session:
            cancel_job(session, job_id)
            # As if something had been left behind.
            session.execute(update(Page).values(state="due"))
            session.execute(update(Document).values(state="listed"))
        assert dispatcher.republish_due(older_than=0) == Republished(0, 0)

    def test_each_job_keeps_its_priority_and_kind_of_device(
        self, settings: Settings, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        wishes: Sequence[dict[str, Any]] = (
            {"priority": 9},
            {"priority": 0},
            {"device_kind": "gpu"},
        )
        ids = [new_pages(sessions, new_job(sessions, **wish))[0] for wish in wishes]
        dispatcher.republish_due(older_than=0)
        assert take_messages(settings) == [
            Message(TASK_READ, "sealq.read", 9, (ids[0],)),
            Message(TASK_READ, "sealq.read", 0, (ids[1],)),
            Message(TASK_READ, "sealq.read.gpu", 4, (ids[2],)),
        ]

    def test_one_job_alone_can_be_asked_for(
        self, settings: Settings, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        job_id, other = new_job(sessions), new_job(sessions)
        pages = new_pages(sessions, job_id)
        documents = new_documents(sessions, job_id, "b.pdf")
        new_pages(sessions, other)
        new_documents(sessions, other, "b.pdf")
        assert dispatcher.republish_due(older_than=0, job_id=job_id) == Republished(1, 1)
        messages = take_messages(settings)
        assert ids_of(messages, TASK_READ) == pages
        assert ids_of(messages, TASK_COUNT) == documents


class TestResuming:
    """A worker looks every minute for work that no message covers."""

    @pytest.mark.parametrize(("age", "again"), [(50, 0), (70, 1)])
    def test_with_redis_empty_what_is_due_for_over_a_minute_is_published(
        self, sessions: Sessions, dispatcher: Dispatcher, age: int, again: int
    ) -> None:
        job_id = new_job(sessions)
        new_pages(sessions, job_id)
        publish_at(sessions, Page, age)
        assert dispatcher.resume() == Republished(documents=0, pages=again)

    def test_with_messages_waiting_nothing_is_published_twice(
        self, sessions: Sessions, dispatcher: Dispatcher
    ) -> None:
        job_id = new_job(sessions)
        dispatcher.read(new_pages(sessions, job_id), ROUTE)
        publish_at(sessions, Page, 70)
        assert dispatcher.resume() == Republished(documents=0, pages=0)


def test_a_running_worker_reads_on_when_redis_lost_its_messages(
    tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    settings = settings_for(tmp_path, sqlite_url, redis_url, resume_seconds=1)
    with migrated(sqlite_url) as sessions, running_worker(settings):
        new_documents(sessions, new_job(sessions), "no such file.pdf")
        publish_at(sessions, Document, 70)
        until(lambda: state_of_only_document(sessions) == "failed")


@contextmanager
def running_worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker without a supervisor, that answers already."""
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-m", "celery", "-A", "sealq_worker.app", "worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as worker:
        try:
            until(lambda: make_celery(settings).control.ping(timeout=0.5))
            yield worker
        finally:
            worker.terminate()


def test_a_worker_whom_no_message_reaches_any_more_ends(
    tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    """Its supervisor starts another. Here the worker is told not to listen, and goes on living."""
    settings = settings_for(tmp_path, sqlite_url, redis_url, resume_seconds=1)
    with migrated(sqlite_url), running_worker(settings) as worker:
        control = make_celery(settings).control
        for queue in queues_of("cpu"):
            control.cancel_consumer(queue, reply=True, timeout=2)
        Transport(make_celery(settings)).send_count([1], priority=4)
        assert worker.wait(60) == 1


def test_a_worker_of_another_kind_of_device_lets_its_messages_wait(
    tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    settings = settings_for(tmp_path, sqlite_url, redis_url, resume_seconds=1)
    with migrated(sqlite_url) as sessions, running_worker(settings) as worker:
        Transport(make_celery(settings)).send_read([1], priority=4, device_kind="npu")
        for name in ("a.pdf", "b.pdf", "c.pdf"):  # a look and more between each two
            new_documents(sessions, new_job(sessions), name)
            until(lambda: "listed" not in states_of_documents(sessions))
        assert worker.poll() is None


def states_of_documents(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return list(session.scalars(select(Document.state)))


def test_a_worker_that_starts_takes_up_what_its_forerunner_held(
    tmp_path: Path, sqlite_url: str, redis_url: str
) -> None:
    """It died before its lease ended, and took the message with it."""
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7")
    settings = settings_for(tmp_path, sqlite_url, redis_url)
    with migrated(sqlite_url) as sessions:
        submit_files(settings, tmp_path / "broken.pdf")
        (message,) = take_messages(settings)
        with sessions.begin() as session:
            claim_documents(session, message.ids, "worker 1", lease_seconds=3600)
        environment = {**os.environ, **settings.environment(), "SEALQ_WORKER_NAME": "worker 1"}
        command = [sys.executable, "-m", "celery", "-A", "sealq_worker.app", "worker"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as worker:
            try:
                until(lambda: state_of_only_document(sessions) == "failed")
            finally:
                worker.terminate()
        assert worker.returncode == 0


def state_of_only_document(sessions: Sessions) -> str:
    with sessions.begin() as session:
        return session.scalars(select(Document.state)).one()


def ids_of(messages: Sequence[Message], task: str) -> list[int]:
    return sorted(id_ for message in messages if message.task == task for id_ in message.ids)
