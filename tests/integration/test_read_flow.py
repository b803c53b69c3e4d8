"""Rules of reading: pages fail alone, are tried again, and are never lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import (
    CountingFetcher,
    CountingReader,
    FailingReader,
    MisshapenReader,
    NullReader,
    count_documents_waiting,
    open_runtime,
    settings_for,
    submit_files,
    tiff,
    work_off,
)
from odd_files import TiffFrame, grey_frame, raw_tiff
from rows import end_leases, migrated, spec
from sqlalchemy import select

from sealq_configs.errors import ModelError
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec
from sealq_storage.dispatch import Dispatcher
from sealq_storage.errors import BrokerUnreachableError
from sealq_storage.pages import begin_attempt, claim_pages
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Page
from sealq_storage.transport import TASK_READ, Transport, make_celery
from sealq_worker.documents import PageImage
from sealq_worker.errors import ReaderError
from sealq_worker.read import read_pages
from sealq_worker.reader import RawReading, Reader


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return settings_for(tmp_path, database_url, redis_url)


@pytest.fixture
def sessions(settings: Settings) -> Iterator[Sessions]:
    with migrated(settings.database) as opened:
        yield opened


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document of three pages."""
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(3))
    return path


def pages(sessions: Sessions) -> list[tuple[str, str | None, int]]:
    """State, error code and attempts of all pages in their order."""
    query = select(Page.state, Page.error_code, Page.attempts)
    with sessions.begin() as session:
        rows = session.execute(query.order_by(Page.document_id, Page.number))
        return [(state, code, attempts) for state, code, attempts in rows]


def error(sessions: Sessions) -> str:
    """The reason why the only failed page failed."""
    with sessions.begin() as session:
        return str(session.scalars(select(Page.error).where(Page.state == "failed")).one())


DONE = ("done", None, 1)


class TestAlone:
    def test_a_damaged_page_fails_alone(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        undecodable = TiffFrame(102, 30, b"\xff" * 102 * 30, photometric=99)
        whole = [grey_frame(101, 30), grey_frame(103, 30)]
        (tmp_path / "a.tif").write_bytes(raw_tiff([whole[0], undecodable, whole[1]]))
        submit_files(settings, tmp_path / "a.tif")
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            work_off(runtime)
        assert pages(sessions) == [DONE, ("failed", "corrupt", 1), DONE]
        assert reader.pages == [1, 3]

    def test_a_document_that_is_gone_fails_its_pages_and_the_others_go_on(
        self, settings: Settings, sessions: Sessions, document: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "b.tif").write_bytes(tiff(1, shade=9))
        submit_files(settings, document, tmp_path / "b.tif")
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            document.unlink()
            read_pages(runtime, message.ids)
        assert pages(sessions) == [("failed", "not_found", 0)] * 3 + [DONE]


class TestAgain:
    def test_a_page_on_which_the_pipeline_fails_is_tried_again_alone_and_then_fails(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document)
        reader = CountingReader(FailingReader({2}))
        with open_runtime(settings, reader) as runtime:
            messages = work_off(runtime)
        assert reader.pages == [1, 2, 3, 2, 2]
        assert pages(sessions) == [DONE, ("failed", "reading_failed", 3), DONE]
        assert "failed 3 times: ZeroDivisionError('a box without width')" in error(sessions)
        reads = [message.ids for message in messages if message.task == TASK_READ]
        assert reads == [reads[0], reads[0][1:2], reads[0][1:2]]

    def test_a_page_that_is_read_in_the_end_has_no_error(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        trouble = {2}
        submit_files(settings, document)
        with open_runtime(settings, FailingReader(trouble)) as runtime:
            (message,) = count_documents_waiting(runtime)
            read_pages(runtime, message.ids)
            trouble.clear()
            work_off(runtime)
        assert pages(sessions) == [DONE, ("done", None, 2), DONE]

    def test_a_result_that_cannot_be_stored_fails_its_page(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document, pages="1")
        with open_runtime(settings, MisshapenReader()) as runtime:
            work_off(runtime)
        assert pages(sessions) == [("failed", "reading_failed", 3)]

    def test_a_document_that_fails_to_open_for_no_known_reason_is_tried_again(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document, pages="1")
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            document.unlink()
            document.mkdir()  # nobody expects a folder there
            read_pages(runtime, message.ids)
            work_off(runtime)
        assert pages(sessions) == [("failed", "reading_failed", 3)]
        assert "IsADirectoryError" in error(sessions)

    def test_a_page_that_ends_the_process_each_time_fails_and_costs_its_neighbours_nothing(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document)
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            for number in range(settings.max_attempts):
                with sessions.begin() as session:
                    claim_pages(session, message.ids, f"dead {number}", 60)
                    begin_attempt(session, message.ids[1], f"dead {number}", 60)
                    end_leases(session)
            read_pages(runtime, message.ids)
        assert pages(sessions) == [DONE, ("failed", "crashed", 3), DONE]
        assert "`sealq retry`" in error(sessions)


class TestOnce:
    def test_the_pages_of_a_document_are_read_from_one_fetch(
        self, settings: Settings, sessions: Sessions, document: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "b.tif").write_bytes(tiff(2, shade=9))
        submit_files(settings, document, tmp_path / "b.tif")
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            fetcher = CountingFetcher(runtime)
            read_pages(replace(runtime, fetcher=fetcher), message.ids)
        assert fetcher.names == ["a.tif", "b.tif"]
        assert pages(sessions) == [DONE] * 5

    def test_a_message_twice_reads_once(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document)
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            (message,) = count_documents_waiting(runtime)
            assert read_pages(runtime, message.ids) == 3
            assert read_pages(runtime, message.ids) == 0
        assert reader.pages == [1, 2, 3]
        assert pages(sessions) == [DONE] * 3

    def test_pages_that_another_worker_holds_are_left_to_it(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document)
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            (message,) = count_documents_waiting(runtime)
            with sessions.begin() as session:
                claim_pages(session, message.ids[:1], "another", 60)
            read_pages(runtime, message.ids)
        assert reader.pages == [2, 3]

    def test_pages_of_two_pipelines_in_one_message_are_read_by_theirs(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        readers = {spec().id: CountingReader(), spec(seal_det_thresh=0.5).id: CountingReader()}
        submit_files(settings, document, pages="1")
        submit_files(settings, document, pages="2-", spec=spec(seal_det_thresh=0.5))
        with open_runtime(settings, load=lambda wanted: readers[wanted.id]) as runtime:
            ids = [id_ for message in count_documents_waiting(runtime) for id_ in message.ids]
            read_pages(runtime, ids)
        assert [reader.pages for reader in readers.values()] == [[1], [2, 3]]
        assert pages(sessions) == [DONE] * 3


class TestModel:
    @pytest.mark.parametrize("kind", [ModelError, ReaderError])
    def test_without_its_models_a_job_fails_with_the_remedy(
        self, settings: Settings, sessions: Sessions, document: Path, kind: type[Exception]
    ) -> None:
        def load(_: PipelineSpec) -> Reader:
            raise kind("The layout model is missing. Run `sealq models pull`.")

        submit_files(settings, document)
        with open_runtime(settings, load=load) as runtime:
            work_off(runtime)
        assert pages(sessions) == [("failed", "no_model", 0)] * 3
        with sessions.begin() as session:
            said = set(session.scalars(select(Page.error)))
        assert said == {"The layout model is missing. Run `sealq models pull`."}

    def test_other_pipelines_are_read(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        missing = spec(seal_det_thresh=0.5)

        def load(wanted: PipelineSpec) -> Reader:
            if wanted.id == missing.id:
                raise ModelError
            return NullReader()

        submit_files(settings, document, pages="1", spec=missing)
        submit_files(settings, document, pages="1")
        with open_runtime(settings, load=load) as runtime:
            ids = [id_ for message in count_documents_waiting(runtime) for id_ in message.ids]
            read_pages(runtime, ids)
        assert pages(sessions) == [("failed", "no_model", 0), DONE]


class TestStack:
    def test_when_redis_is_away_the_pages_in_hand_are_due_again(
        self, settings: Settings, sessions: Sessions, document: Path, free_port: int
    ) -> None:
        """The page that failed can't be published again: the message in hand has to come again."""
        submit_files(settings, document)
        away = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port}/0"})
        with open_runtime(settings, FailingReader({2})) as runtime:
            (message,) = count_documents_waiting(runtime)
            deaf = Dispatcher(sessions, Transport(make_celery(away)), away)
            with pytest.raises(BrokerUnreachableError):
                read_pages(replace(runtime, dispatcher=deaf), message.ids)
        assert pages(sessions) == [DONE, ("due", None, 1), ("due", None, 0)]
        with sessions.begin() as session:
            unpublished = select(Page.number).where(Page.published_at.is_(None))
            assert session.scalars(unpublished.order_by(Page.number)).all() == [2, 3]

    def test_when_the_process_is_told_to_end_at_once_the_pages_in_hand_are_due_again(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        class Interrupted(NullReader):
            def read(self, page: PageImage) -> RawReading:
                raise KeyboardInterrupt(page)

        submit_files(settings, document)
        with open_runtime(settings, Interrupted()) as runtime:
            (message,) = count_documents_waiting(runtime)
            with pytest.raises(KeyboardInterrupt):
                read_pages(runtime, message.ids)
        assert pages(sessions) == [("due", None, 1), ("due", None, 0), ("due", None, 0)]

    def test_a_worker_that_was_too_slow_changes_nothing(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        class Slow(NullReader):
            """While it reads, its lease ends and another worker takes the page over."""

            def read(self, page: PageImage) -> RawReading:
                with sessions.begin() as session:
                    end_leases(session)
                    claim_pages(session, message.ids, "quick", 60)
                return super().read(page)

        submit_files(settings, document, pages="1")
        with open_runtime(settings, Slow(), owner="slow") as runtime:
            (message,) = count_documents_waiting(runtime)
            read_pages(runtime, message.ids)
        with sessions.begin() as session:
            page = session.scalars(select(Page)).one()
            assert (page.state, page.lease_owner, page.reading_id) == ("claimed", "quick", None)
