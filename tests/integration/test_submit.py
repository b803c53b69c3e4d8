"""Rules of submitting: each document once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import (
    NullReader,
    open_runtime,
    settings_for,
    submit_files,
    take_messages,
    tiff,
    work_off,
)
from rows import spec
from sqlalchemy import func, select, update

from sealq_configs.errors import StackUnreachableError
from sealq_configs.settings import Settings
from sealq_producer.sources import Source
from sealq_producer.stack import Stack, open_stack
from sealq_producer.submit import submit
from sealq_storage.errors import (
    BrokerUnreachableError,
    TokenConflictError,
)
from sealq_storage.jobs import NewJob
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Job
from sealq_storage.status import job_status
from sealq_storage.transport import TASK_COUNT

#: A client token.
MARCH = "march"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return settings_for(tmp_path, database_url, redis_url, chunk_documents=3)


@pytest.fixture
def stack(settings: Settings, sessions: Sessions) -> Iterator[Stack]:
    assert sessions  # its tables are there
    with open_stack(settings) as opened:
        yield opened


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    """Eight documents of one page."""
    paths = [tmp_path / f"{number}.tif" for number in range(8)]
    for shade, path in enumerate(paths):
        path.write_bytes(tiff(1, shade))
    return [Source(path.name, path, path.stat().st_size) for path in paths]


def counted(settings: Settings) -> list[tuple[int, ...]]:
    """Take the messages that ask for documents to be counted; return their ids."""
    messages = take_messages(settings)
    assert {message.task for message in messages} <= {TASK_COUNT}
    return [message.ids for message in messages]


def ids(sessions: Sessions) -> list[int]:
    with sessions.begin() as session:
        return list(session.scalars(select(Document.id).order_by(Document.id)))


def dying(sources: list[Source]) -> Iterator[Source]:
    """Yield sources until the producer is killed."""
    yield from sources
    raise KeyboardInterrupt


def test_documents_are_listed_and_published_in_chunks(
    stack: Stack, settings: Settings, sessions: Sessions, sources: list[Source]
) -> None:
    reported: list[int] = []
    done = submit(stack, NewJob("March", spec()), sources, reported.append)
    every = ids(sessions)
    assert counted(settings) == [tuple(every[:3]), tuple(every[3:6]), tuple(every[6:])]
    assert (done.documents, reported) == (8, [3, 8])  # each batch twice the one before
    with sessions.begin() as session:
        assert job_status(session, done.job_id).state == "running"
        assert session.scalars(select(Document.source)).all() == [each.name for each in sources]


def test_a_document_that_cannot_be_read_fails_and_the_others_go_on(
    stack: Stack, settings: Settings, sessions: Sessions, sources: list[Source]
) -> None:
    path = sources[1].path
    assert path
    path.unlink()
    submit(stack, NewJob("March", spec()), sources[:3], lambda _: None)
    with sessions.begin() as session:
        rows = session.execute(select(Document.id, Document.state).order_by(Document.id)).all()
    assert [state for _, state in rows] == ["listed", "failed", "listed"]
    assert counted(settings) == [(rows[0].id, rows[2].id)]


def test_an_object_in_s3_is_left_to_the_worker(stack: Stack, sessions: Sessions) -> None:
    source = Source("s3://in/a.tif", None, 7, "s3://in/a.tif")
    submit(stack, NewJob("March", spec()), [source], lambda _: None)
    with sessions.begin() as session:
        found = session.scalars(select(Document)).one()
        assert (found.location, found.size, found.sha256) == ("s3://in/a.tif", 7, None)


class TestClientToken:
    NEW = NewJob("March", spec(), client_token=MARCH)

    def test_a_submit_after_a_producer_died_half_way_completes_the_job(
        self, stack: Stack, settings: Settings, sessions: Sessions, sources: list[Source]
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            submit(stack, self.NEW, dying(sources[:5]), lambda _: None)
        with sessions.begin() as session:
            job_id = session.scalars(select(Job.id)).one()
            assert job_status(session, job_id).state == "submitting"
        assert submit(stack, self.NEW, sources, lambda _: None).job_id == job_id
        every = ids(sessions)
        assert len(every) == len(sources)
        assert sorted(id_ for chunk in counted(settings) for id_ in chunk) == every
        with open_runtime(settings, NullReader()) as runtime:
            stack.dispatcher.republish_due(older_than=0)
            work_off(runtime)
        with sessions.begin() as session:
            status = job_status(session, job_id)
        assert (status.state, status.documents, status.pages) == (
            "done",
            {"counted": 8},
            {"done": 8},
        )

    def test_what_was_listed_but_never_published_is_published(
        self, stack: Stack, settings: Settings, sessions: Sessions, sources: list[Source]
    ) -> None:
        """The producer died between a commit and its message."""
        submit(stack, self.NEW, sources, lambda _: None)
        counted(settings)
        lost = ids(sessions)[3:6]
        with sessions.begin() as session:
            of_lost = update(Document).where(Document.id.in_(lost))
            session.execute(of_lost.values(published_at=None))
        submit(stack, self.NEW, sources, lambda _: None)
        assert counted(settings) == [tuple(lost)]

    def test_a_submit_again_of_all_adds_nothing(
        self, stack: Stack, settings: Settings, sessions: Sessions, sources: list[Source]
    ) -> None:
        first = submit(stack, self.NEW, sources, lambda _: None)
        counted(settings)
        again = submit(stack, self.NEW, sources, lambda _: None)
        assert again == first
        assert counted(settings) == []
        assert len(ids(sessions)) == 8

    def test_another_job_under_the_same_token_is_refused_and_changes_nothing(
        self, stack: Stack, settings: Settings, sessions: Sessions, sources: list[Source]
    ) -> None:
        submit(stack, self.NEW, sources[:1], lambda _: None)
        counted(settings)
        other = NewJob("March", spec(), client_token=MARCH, pages="1")
        with pytest.raises(TokenConflictError):
            submit(stack, other, sources, lambda _: None)
        assert len(ids(sessions)) == 1
        assert counted(settings) == []


class TestStackAway:
    def test_without_redis_nothing_is_made(
        self, settings: Settings, sessions: Sessions, sources: list[Source], free_port: int
    ) -> None:
        away = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port}/0"})
        with open_stack(away) as stack, pytest.raises(BrokerUnreachableError):
            submit(stack, NewJob("March", spec()), sources, lambda _: None)
        with sessions.begin() as session:
            assert session.scalar(select(func.count()).select_from(Job)) == 0

    def test_a_database_without_tables_is_refused_with_the_remedy(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        with pytest.raises(StackUnreachableError, match="sealq db upgrade"):
            submit_files(settings, tmp_path)
