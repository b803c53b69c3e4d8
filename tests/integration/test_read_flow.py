"""Rules of reading: pages fail alone, are tried again, and are never lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    take_messages,
    tiff,
    work_off,
)
from odd_files import TiffFrame, grey_frame, raw_tiff
from rows import end_leases, page_states, spec
from sqlalchemy import select

from sealq_configs.errors import ModelError
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec
from sealq_storage.dispatch import Dispatcher
from sealq_storage.errors import ObjectStoreError
from sealq_storage.pages import begin_attempts, claim_pages
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Page
from sealq_storage.transport import TASK_READ, Transport, make_celery
from sealq_worker.documents import PageImage
from sealq_worker.errors import ReaderError
from sealq_worker.fetch import FetchedDocument
from sealq_worker.read import read_pages
from sealq_worker.reader import RawReading, Reader
from sealq_worker.runtime import Runtime


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    """Return settings by which the pages of a small document are in one message."""
    return settings_for(tmp_path, database_url, redis_url, chunk_pages=64)


def error(sessions: Sessions) -> str:
    """The reason why the only failed page failed."""
    with sessions.begin() as session:
        return str(session.scalars(select(Page.error).where(Page.state == "failed")).one())


def unpublished(sessions: Sessions) -> list[int]:
    """The numbers of the pages that no message covers."""
    with sessions.begin() as session:
        query = select(Page.number).where(Page.published_at.is_(None), Page.state == "due")
        return list(session.scalars(query.order_by(Page.number)))


class LookingFetcher(CountingFetcher):
    """Remembers the attempts of all pages at the moment when it is asked for a file."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._sessions = runtime.sessions
        self.attempts: list[list[int]] = []

    @contextmanager
    def fetch(self, location: str, sha256: str | None) -> Iterator[FetchedDocument]:
        self.attempts.append([attempts for _, _, attempts in page_states(self._sessions)])
        with super().fetch(location, sha256) as fetched:
            yield fetched


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
        assert page_states(sessions) == [DONE, ("failed", "corrupt", 1), DONE]
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
        assert page_states(sessions) == [("failed", "not_found", 1)] * 3 + [DONE]


class TestAgain:
    def test_a_page_on_which_the_pipeline_fails_is_tried_again_alone_and_then_fails(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document)
        reader = CountingReader(FailingReader({2}))
        with open_runtime(settings, reader) as runtime:
            messages = work_off(runtime)
        assert reader.pages == [1, 2, 3, 2, 2]
        assert page_states(sessions) == [DONE, ("failed", "reading_failed", 3), DONE]
        assert "failed: ZeroDivisionError('a box without width')" in error(sessions)
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
        assert page_states(sessions) == [DONE, ("done", None, 2), DONE]

    def test_a_result_that_cannot_be_stored_fails_its_page(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document, pages="1")
        with open_runtime(settings, MisshapenReader()) as runtime:
            work_off(runtime)
        assert page_states(sessions) == [("failed", "reading_failed", 3)]

    def test_a_document_that_fails_to_open_for_no_known_reason_is_tried_again(
        self,
        settings: Settings,
        sessions: Sessions,
        document: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError("a page without height")

        submit_files(settings, document, pages="1")
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            monkeypatch.setattr("sealq_worker.relay.open_document", fail)
            read_pages(runtime, message.ids)
            work_off(runtime)
        assert page_states(sessions) == [("failed", "reading_failed", 3)]
        assert "a page without height" in error(sessions)

    def test_a_document_that_became_a_folder_is_named_as_changed(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document, pages="1")
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            document.unlink()
            document.mkdir()
            read_pages(runtime, message.ids)
        assert page_states(sessions) == [("failed", "changed", 1)]

    def test_a_page_that_ends_the_process_each_time_fails_and_costs_its_neighbours_nothing(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        submit_files(settings, document)
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            for number in range(settings.max_attempts):
                with sessions.begin() as session:
                    claim_pages(session, message.ids, f"dead {number}", 60)
                    begin_attempts(session, message.ids[1:2], f"dead {number}", 60)
                    end_leases(session)
            read_pages(runtime, message.ids)
        assert page_states(sessions) == [DONE, ("failed", "crashed", 3), DONE]
        assert "`sealq dead requeue`" in error(sessions)

    def test_while_a_document_is_opened_an_attempt_of_all_its_pages_counts(
        self, settings: Settings, sessions: Sessions, document: Path, tmp_path: Path
    ) -> None:
        """Or a file that ends the process each time would be opened for ever."""
        (tmp_path / "b.tif").write_bytes(tiff(2, shade=9))
        submit_files(settings, document, tmp_path / "b.tif")
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            fetcher = LookingFetcher(runtime)
            read_pages(replace(runtime, fetcher=fetcher), message.ids)
        assert fetcher.attempts == [[1, 1, 1, 1, 1]] * 2
        assert page_states(sessions) == [DONE] * 5

    def test_what_was_tried_before_is_read_last(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        """It may end the process again: its neighbours are read by then."""
        submit_files(settings, document)
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            (message,) = count_documents_waiting(runtime)
            with sessions.begin() as session:
                claim_pages(session, message.ids, "dead", 60)
                begin_attempts(session, message.ids[:1], "dead", 60)
                end_leases(session)
            read_pages(runtime, message.ids)
        assert reader.pages == [2, 3, 1]


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
        assert page_states(sessions) == [DONE] * 5

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
        assert page_states(sessions) == [DONE] * 3

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
        assert page_states(sessions) == [DONE] * 3


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
        assert page_states(sessions) == [("failed", "no_model", 0)] * 3
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
        assert page_states(sessions) == [("failed", "no_model", 0), DONE]


class TestStack:
    def test_when_redis_is_away_reading_goes_on_and_what_has_no_message_is_due(
        self, settings: Settings, sessions: Sessions, document: Path, free_port: int
    ) -> None:
        submit_files(settings, document)
        away = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port}/0"})
        with open_runtime(settings, FailingReader({2})) as runtime:
            (message,) = count_documents_waiting(runtime)
            deaf = Dispatcher(sessions, Transport(make_celery(away)), away)
            assert read_pages(replace(runtime, dispatcher=deaf), message.ids) == 2
        assert page_states(sessions) == [DONE, ("due", "reading_failed", 1), DONE]
        assert unpublished(sessions) == [2]

    @pytest.mark.parametrize("kind", [ObjectStoreError, KeyboardInterrupt, SystemExit])
    def test_when_the_store_is_away_or_the_process_must_end_the_pages_in_hand_are_due_uncounted(
        self, settings: Settings, sessions: Sessions, document: Path, kind: type[BaseException]
    ) -> None:
        class Interrupted(NullReader):
            def read(self, page: PageImage) -> RawReading:
                raise kind(str(page))

        submit_files(settings, document)
        with open_runtime(settings, Interrupted()) as runtime:
            (message,) = count_documents_waiting(runtime)
            with pytest.raises(kind):
                read_pages(runtime, message.ids)
        assert page_states(sessions) == [("due", None, 0)] * 3
        assert unpublished(sessions) == [1, 2, 3]

    def test_told_to_stop_it_finishes_the_page_in_hand_and_publishes_the_others(
        self, settings: Settings, sessions: Sessions, document: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "b.tif").write_bytes(tiff(2, shade=9))
        submit_files(settings, document, tmp_path / "b.tif")
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            (message,) = count_documents_waiting(runtime)
            stopping = replace(runtime, stopping=lambda: bool(reader.pages))
            assert read_pages(stopping, message.ids) == 1
            (rest,) = take_messages(settings)
        assert page_states(sessions) == [DONE] + [("due", None, 0)] * 4
        assert rest.ids == message.ids[1:]

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
