"""What work goes on with is found by an index, and costs so many statements whatever the number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rows import new_documents, new_job, new_pages, new_reading, save_reading
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from sealq_configs.settings import Settings
from sealq_storage.dispatch import Dispatcher, Route
from sealq_storage.documents import (
    Counted,
    NewDocument,
    add_documents,
    begin_documents,
    claim_documents,
    finish_counting,
    give_back_documents,
)
from sealq_storage.pages import begin_attempts, claim_pages, finish_pages, give_back_pages
from sealq_storage.readings import NewLine, NewRegion, save_readings
from sealq_storage.results import ResultFilter, stream_regions
from sealq_storage.sql.engine import Sessions
from sealq_storage.status import job_status, list_jobs
from sealq_storage.transport import Transport

LINE = NewLine("某某有限公司", 0.9, ((1, 2), (3, 4)))
SEAL = NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, (LINE, LINE))


def engine_of(sessions: Sessions) -> Engine:
    engine: Engine = sessions.kw["bind"]
    return engine


@contextmanager
def statements(sessions: Sessions) -> Iterator[list[str]]:
    """Yield the list of statements that are executed meanwhile, less settings."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split(maxsplit=1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
            seen.append(statement)

    engine = engine_of(sessions)
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


class _Explained:
    """Executes each statement and keeps its plan."""

    def __init__(self, connection: Connection) -> None:
        self.plans: list[str] = []
        self._postgresql = connection.dialect.name == "postgresql"

    def __call__(self, _: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.split(maxsplit=1)[0] not in {"SELECT", "UPDATE"}:
            return
        explain = "EXPLAIN " if self._postgresql else "EXPLAIN QUERY PLAN "
        twin = cursor.connection.cursor()
        twin.execute(explain + statement, parameters)
        self.plans.append("\n".join(str(row[-1]) for row in twin.fetchall()))
        twin.close()


@contextmanager
def plans(session: Session) -> Iterator[list[str]]:
    """Yield the plans of what the session executes meanwhile, as for a database of many rows."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # The planner of a small database would rather read it all.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    explained = _Explained(connection)
    event.listen(connection, "before_cursor_execute", explained)
    try:
        yield explained.plans
    finally:
        event.remove(connection, "before_cursor_execute", explained)


class TestPlans:
    @pytest.fixture
    def ids(self, sessions: Sessions) -> list[int]:
        return new_pages(sessions, new_job(sessions), pages=3)

    def test_pages_are_claimed_begun_and_finished_by_their_numbers(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        with sessions.begin() as session:
            reading_id = save_reading(session, new_reading())
        for work in (
            lambda session: claim_pages(session, ids, "worker", 60),
            lambda session: begin_attempts(session, ids, "worker", 60),
            lambda session: finish_pages(session, "worker", {ids[0]: reading_id}),
        ):
            with sessions.begin() as session, plans(session) as seen:
                work(session)
            assert seen
            for plan in seen:
                assert "SCAN pages" not in plan
                assert "Seq Scan" not in plan

    def test_what_a_worker_holds_is_found_among_what_is_claimed(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        assert ids
        with sessions.begin() as session, plans(session) as seen:
            give_back_pages(session, "worker")
            give_back_documents(session, "worker")
        assert ["ix_pages_claimed" in seen[0], "ix_documents_leased" in seen[1]] == [True, True]

    def test_the_pace_is_taken_of_the_last_pages(self, sessions: Sessions, ids: list[int]) -> None:
        assert ids
        job_id = new_job(sessions)
        with sessions.begin() as session, plans(session) as seen:
            job_status(session, job_id)
        assert any("ix_pages_finished" in plan for plan in seen)

    def test_no_row_of_a_job_is_counted_to_say_how_it_stands(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        assert ids
        with sessions.begin() as session, statements(sessions) as seen:
            list_jobs(session)
        counted = ("documents", "regions", "readings")
        assert not [each for each in seen if any(f"FROM {table}" in each for table in counted)]

    def test_what_says_a_text_is_found_by_an_index(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        job_id = new_job(sessions)
        with sessions.begin() as session:
            claim_pages(session, ids, "worker", 60)
            reading_id = save_reading(session, new_reading("e" * 64, 1, SEAL))
            finish_pages(session, "worker", {ids[0]: reading_id})
        with sessions.begin() as session, plans(session) as seen:
            list(stream_regions(session, job_id, ResultFilter(match="有限公司")))
        assert "ix_seal_texts_trigrams" in seen[0] or "VIRTUAL TABLE INDEX" in seen[0]
        assert not [plan for plan in seen if "SCAN regions" in plan or "Seq Scan" in plan]


class TestDue:
    """What no message covers is found among what is due, not among all there is."""

    @pytest.fixture
    def dispatcher(self, sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> Dispatcher:
        dispatcher = Dispatcher(sessions, Transport.__new__(Transport), Settings())
        monkeypatch.setattr(Dispatcher, "_send_round", lambda *_: 0)
        return dispatcher

    def test_by_an_index_of_what_is_due(self, sessions: Sessions, dispatcher: Dispatcher) -> None:
        new_pages(sessions, new_job(sessions), pages=3)
        new_documents(sessions, new_job(sessions), "a", "b")
        engine = engine_of(sessions)
        postgresql = engine.dialect.name == "postgresql"
        with engine.connect() as probe:
            explained = _Explained(probe)

        def calm(connection: Connection) -> None:
            if postgresql:
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")

        event.listen(engine, "begin", calm)
        event.listen(engine, "before_cursor_execute", explained)
        try:
            dispatcher.republish_due(older_than=3600)
        finally:
            event.remove(engine, "begin", calm)
            event.remove(engine, "before_cursor_execute", explained)
        of_pages = [plan for plan in explained.plans if "pages" in plan]
        of_documents = [plan for plan in explained.plans if "documents" in plan]
        assert of_pages
        assert of_documents
        assert all("ix_documents_listed" in plan for plan in of_documents)
        assert all("ix_pages_due" in plan or "ix_pages_claimed" in plan for plan in of_pages)


def number_of(sessions: Sessions, work: Callable[[Session], object]) -> int:
    """Return how many statements some work takes."""
    with sessions.begin() as session, statements(sessions) as seen:
        work(session)
    return len(seen)


class TestStatements:
    def test_readings_are_saved_in_as_many_for_sixteen_pages_as_for_one(
        self, sessions: Sessions
    ) -> None:
        new_job(sessions)
        news = [new_reading(f"{number:064x}", 1, SEAL, SEAL) for number in range(17)]
        one = number_of(sessions, lambda session: save_readings(session, news[:1]))
        many = number_of(sessions, lambda session: save_readings(session, news[1:]))
        assert one == many <= 5

    def test_a_chunk_is_claimed_begun_and_finished_in_a_handful(self, sessions: Sessions) -> None:
        ids = new_pages(sessions, new_job(sessions), pages=16)
        with sessions.begin() as session:
            reading_id = save_reading(session, new_reading())
        assert number_of(sessions, lambda session: claim_pages(session, ids, "worker", 60)) == 2
        assert number_of(sessions, lambda session: begin_attempts(session, ids, "worker", 60)) == 1
        done = dict.fromkeys(ids, reading_id)
        assert number_of(sessions, lambda session: finish_pages(session, "worker", done)) == 1

    def test_documents_are_listed_and_counted_in_a_handful(self, sessions: Sessions) -> None:
        job_id = new_job(sessions)
        listed = [NewDocument(f"{number}.tif", "file:///a") for number in range(50)]
        assert number_of(sessions, lambda session: add_documents(session, job_id, listed)) == 2
        ids = list(range(1, 51))
        with sessions.begin() as session:
            claimed = claim_documents(session, ids, "worker", 60)
        told = dict.fromkeys(claimed, Counted("c" * 64, 1, "image/tiff", 2, numbers=[1, 2]))
        assert number_of(sessions, lambda session: begin_documents(session, ids, "worker", 60)) == 1
        assert number_of(sessions, lambda session: finish_counting(session, "worker", told)) == 3

    def test_that_messages_were_sent_is_noted_once(
        self, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Transport, "send_read", lambda *_, **__: None)
        dispatcher = Dispatcher(sessions, Transport.__new__(Transport), Settings())
        ids = new_pages(sessions, new_job(sessions), pages=100)
        with statements(sessions) as seen:
            dispatcher.read(ids, Route(4, None))
        assert len(seen) == 1

    def test_a_statement_is_written_once_and_kept(self, sessions: Sessions) -> None:
        """Else each costs milliseconds: what has the database's time in it was made anew."""
        ids = new_pages(sessions, new_job(sessions), pages=2)
        engine = engine_of(sessions)
        for _ in range(2):
            kept = len(engine._compiled_cache or ())  # noqa: SLF001
            with sessions.begin() as session:
                claim_pages(session, ids, "worker", 60)
                begin_attempts(session, ids, "worker", 60)
                give_back_pages(session, "worker", ids)
        assert len(engine._compiled_cache or ()) == kept  # noqa: SLF001
        assert kept
