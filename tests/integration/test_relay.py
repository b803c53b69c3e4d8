"""Rules of the three stages: they work side by side; what ends a process is found all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event, Lock, Thread
from typing import Any

import pytest
from fakes import (
    CountingReader,
    NullReader,
    count_documents_waiting,
    number_of,
    open_runtime,
    submit_files,
    tiff,
    work_off,
)
from rows import end_leases, page_states
from waiting import PATIENCE, until

from sealq_configs.settings import Settings
from sealq_storage.causes import Cause
from sealq_storage.errors import ObjectStoreError
from sealq_storage.objects import ObjectStore
from sealq_storage.pages import ClaimedPage, begin_attempts, claim_pages
from sealq_storage.readings import NewReading
from sealq_storage.sql.engine import Sessions
from sealq_worker.activity import (
    Activity,
    ActivityReporter,
    Stage,
    Work,
    make_activity_file,
    read_activity,
)
from sealq_worker.aftermath import settle
from sealq_worker.chunk import Chunk
from sealq_worker.documents import OpenDocument, PageImage, open_document
from sealq_worker.read import read_pages
from sealq_worker.reader import RawReading, Reader
from sealq_worker.watchdog import Ending, crash

#: Name of the worker whose process ended.
DEAD = "dead"


class Told(NullReader):
    """Tells of each page before it is read."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell = tell

    def read(self, page: PageImage) -> RawReading:
        self._tell(number_of(page))
        return super().read(page)


class Several(Told):
    """As many readers at a time as it is told."""

    def __init__(self, readers: int, tell: Callable[[int], object]) -> None:
        super().__init__(tell)
        self._readers = readers

    def side_by_side(self, work: Callable[[Reader], None]) -> None:
        with ThreadPoolExecutor(self._readers) as threads:
            ends = [threads.submit(work, self) for _ in range(self._readers)]
        for end in ends:
            end.result()


class SlowStore:
    """An object store that waits for something before it takes anything."""

    def __init__(self, inner: ObjectStore, wait: Callable[[], object]) -> None:
        self._inner = inner
        self._wait = wait

    def put(self, *arguments: Any) -> None:
        self._wait()
        self._inner.put(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class TestSideBySide:
    def test_while_a_page_is_read_the_others_are_prepared(
        self,
        settings: Settings,
        sessions: Sessions,
        document: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        prepared: list[int] = []

        def opened(*arguments: Any, **options: Any) -> OpenDocument:
            found = open_document(*arguments, **options)
            decode = found.page

            def page(number: int) -> PageImage:
                image = decode(number)
                prepared.append(number)
                return image

            monkeypatch.setattr(found, "page", page)
            return found

        monkeypatch.setattr("sealq_worker.relay.open_document", opened)
        submit_files(settings, document)
        with open_runtime(settings, Told(lambda _: until(lambda: len(prepared) == 3))) as runtime:
            work_off(runtime)
        assert page_states(sessions) == [("done", None, 1)] * 3

    def test_while_a_page_is_saved_the_next_is_read(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        second = Event()
        submit_files(settings, document)
        reader = Told(lambda number: second.set() if number == 2 else None)
        with open_runtime(settings, reader) as runtime:
            store = SlowStore(runtime.objects, lambda: until(second.is_set))
            work_off(replace(runtime, objects=store))
        assert page_states(sessions) == [("done", None, 1)] * 3

    def test_pages_that_do_not_fit_between_the_stages_wait_their_turn(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "large.tif").write_bytes(tiff(9))
        submit_files(settings, tmp_path / "large.tif")
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            tiny = settings.model_copy(update={"belt_mb": 0})  # each page lies there alone
            work_off(replace(runtime, settings=tiny))
        assert reader.pages == list(range(1, 10))
        assert page_states(sessions) == [("done", None, 1)] * 9

    def test_as_many_pages_are_read_at_a_time_as_there_are_readers(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        together = Barrier(3, timeout=PATIENCE)
        submit_files(settings, document)
        with open_runtime(settings, Several(3, lambda _: together.wait())) as runtime:
            work_off(runtime)
        assert page_states(sessions) == [("done", None, 1)] * 3

    def test_when_the_stack_fails_one_reader_what_others_read_is_kept_and_the_rest_is_due(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "four.tif").write_bytes(tiff(4))
        submit_files(settings, tmp_path / "four.tif")
        read: list[int] = []

        def fail(number: int) -> None:
            until(lambda: number == 1 or 1 in read)
            read.append(number)
            if number == 1:
                raise ObjectStoreError

        with open_runtime(settings, Several(2, fail)) as runtime:
            (message,) = count_documents_waiting(runtime)
            with pytest.raises(ObjectStoreError):
                read_pages(runtime, message.ids)
        kept, due = ("done", None, 1), ("due", None, 0)
        assert page_states(sessions) == [
            due,
            *(kept if number in read else due for number in (2, 3, 4)),
        ]

    def test_when_the_store_refuses_behind_the_reader_all_stages_end_and_nothing_counts(
        self, settings: Settings, sessions: Sessions, document: Path
    ) -> None:
        def refuse() -> None:
            raise ObjectStoreError

        submit_files(settings, document)
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            refusing = replace(runtime, objects=SlowStore(runtime.objects, refuse))
            with pytest.raises(ObjectStoreError):
                read_pages(refusing, message.ids)
        assert page_states(sessions) == [("due", None, 0)] * 3

    def test_pages_are_given_back_when_nothing_of_them_is_stored_any_more(
        self,
        settings: Settings,
        sessions: Sessions,
        document: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Another worker may have them from then on."""
        monkeypatch.setattr("sealq_worker.relay.SAVED_WITHIN", 60)
        given_back, overtaken = Event(), []
        give_back, first = Chunk.give_back, Lock()

        def told(chunk: Chunk) -> list[ClaimedPage]:
            given_back.set()
            return give_back(chunk)

        def refuse_the_first() -> None:
            if first.acquire(blocking=False):
                raise ObjectStoreError
            overtaken.append(given_back.wait(0.05))

        monkeypatch.setattr(Chunk, "give_back", told)
        submit_files(settings, document)
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
            refusing = replace(runtime, objects=SlowStore(runtime.objects, refuse_the_first))
            with pytest.raises(ObjectStoreError):
                read_pages(refusing, message.ids)
        assert overtaken
        assert not any(overtaken)
        assert page_states(sessions) == [("due", None, 0)] * 3

    def test_pages_that_are_read_in_quick_succession_are_committed_together(
        self,
        settings: Settings,
        sessions: Sessions,
        document: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("sealq_worker.relay.SAVED_WITHIN", 60)
        together: list[int] = []
        committed, finish = Event(), Chunk.finish

        def noted(chunk: Chunk, readings: Mapping[ClaimedPage, NewReading]) -> None:
            committed.set()
            together.append(len(readings))
            finish(chunk, readings)

        monkeypatch.setattr(Chunk, "finish", noted)
        submit_files(settings, document)
        with open_runtime(settings, Told(lambda _: committed.wait(0.05))) as runtime:
            work_off(runtime)
        assert together == [3]
        assert page_states(sessions) == [("done", None, 1)] * 3

    def test_the_next_message_is_worked_off_by_the_same_threads(
        self,
        settings: Settings,
        sessions: Sessions,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """To start some for each takes longer than to save a small page."""
        started: list[str] = []
        start = Thread.start

        def noted(thread: Thread) -> None:
            started.append(thread.name)
            start(thread)

        monkeypatch.setattr(Thread, "start", noted)
        with open_runtime(settings) as runtime:
            for number in range(4):
                (tmp_path / f"{number}.tif").write_bytes(tiff(1, shade=number))
                submit_files(settings, tmp_path / f"{number}.tif")
                work_off(runtime)
        ours = [name for name in started if name.startswith(("stage", "store"))]
        assert 0 < len(ours) <= 3  # two stages, and who stores a page
        assert page_states(sessions) == [("done", None, 1)] * 4


def test_while_pages_are_read_the_leases_of_those_that_wait_are_renewed(
    settings: Settings, sessions: Sessions, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a message takes, nobody else takes its pages over."""
    monkeypatch.setattr("sealq_worker.chunk.RENEWED_SHARE", 0)
    taken: list[int] = []

    def take_over(number: int) -> None:
        with sessions.begin() as session:
            if number == 1:
                end_leases(session)
            else:
                taken.extend(page.number for page in claim_pages(session, ids, "another", 60))

    submit_files(settings, document)
    with open_runtime(settings, Told(take_over)) as runtime:
        (message,) = count_documents_waiting(runtime)
        ids = message.ids
        read_pages(runtime, ids)
    assert set(taken) <= {1}  # which may still wait to be saved, with its old lease
    assert page_states(sessions)[1:] == [("done", None, 1)] * 2


def test_a_page_that_another_worker_has_taken_over_is_not_read(
    settings: Settings, sessions: Sessions, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealq_worker.chunk.RENEWED_SHARE", 0)
    read: list[int] = []

    def lose(number: int) -> None:
        read.append(number)
        with sessions.begin() as session:
            end_leases(session)
            claim_pages(session, message.ids[1:2], "another", 60)

    submit_files(settings, document)
    with open_runtime(settings, Told(lose)) as runtime:
        (message,) = count_documents_waiting(runtime)
        read_pages(runtime, message.ids)
    assert read == [1, 3]
    assert page_states(sessions)[1][0] == "claimed"


class TestEndOfAProcess:
    """What the supervisor notes in SQL when one of its processes has died."""

    @pytest.fixture
    def held(self, settings: Settings, sessions: Sessions, document: Path) -> tuple[int, ...]:
        """Three pages whose attempts the dead process had begun."""
        submit_files(settings, document)
        with open_runtime(settings) as runtime:
            (message,) = count_documents_waiting(runtime)
        with sessions.begin() as session:
            claim_pages(session, message.ids, DEAD, 60)
            begin_attempts(session, message.ids, DEAD, 60)
        return message.ids

    def died(self, settings: Settings, held: Sequence[int], *works: Work) -> None:
        assert settle(settings, DEAD, crash(-11, Activity(0.0, 0, works, tuple(held))))

    def test_of_one_stage_its_page_is_to_blame_and_those_that_waited_are_not(
        self, settings: Settings, sessions: Sessions, held: tuple[int, ...]
    ) -> None:
        self.died(settings, held, Work(Stage.READ, 0.0, held[:1]))
        assert page_states(sessions) == [("due", "crashed", 1), ("due", None, 0), ("due", None, 0)]

    def test_of_several_stages_no_attempt_counts_and_their_pages_are_suspects(
        self, settings: Settings, sessions: Sessions, held: tuple[int, ...]
    ) -> None:
        works = Work(Stage.READ, 0.0, held[:1]), Work(Stage.PREPARE, 0.0, held[1:2])
        self.died(settings, held, *works)
        assert page_states(sessions) == [("due", "crashed", 0)] * 2 + [("due", None, 0)]
        with sessions.begin() as session:
            claimed = claim_pages(session, held, "another", 60)
        assert [page.suspect for page in claimed] == [True, True, False]

    def test_of_pages_that_were_saved_together_all_are_suspects(
        self, settings: Settings, sessions: Sessions, held: tuple[int, ...]
    ) -> None:
        self.died(settings, held, Work(Stage.SAVE, 0.0, held[:2]))
        assert page_states(sessions) == [("due", "crashed", 0)] * 2 + [("due", None, 0)]

    def test_while_a_document_is_opened_all_its_pages_are_to_blame(
        self, settings: Settings, sessions: Sessions, held: tuple[int, ...]
    ) -> None:
        self.died(settings, held, Work(Stage.OPEN, 0.0, held))
        assert page_states(sessions) == [("due", "crashed", 1)] * 3

    def test_between_two_stages_all_are_suspects(
        self, settings: Settings, sessions: Sessions, held: tuple[int, ...]
    ) -> None:
        """Or a page that ends a process there would be read for ever."""
        self.died(settings, held)
        assert page_states(sessions) == [("due", "crashed", 0)] * 3
        with sessions.begin() as session:
            claim_pages(session, held[:1], DEAD, 60)
            begin_attempts(session, held[:1], DEAD, 60)
        self.died(settings, held[:1])
        assert page_states(sessions)[0] == ("due", "crashed", 1)

    def test_told_to_stop_nobody_is_to_blame(
        self, settings: Settings, sessions: Sessions, held: tuple[int, ...]
    ) -> None:
        reading = (Work(Stage.READ, 0.0, held[:1]),)
        assert settle(settings, DEAD, Ending(None, "It was told to stop.", reading, held))
        assert page_states(sessions) == [("due", None, 0)] * 3


def test_a_suspect_is_tried_last_and_alone(
    settings: Settings, sessions: Sessions, document: Path, tmp_path: Path
) -> None:
    """Whatever happens meanwhile, happened because of it."""
    file = tmp_path / "activity"
    make_activity_file(file)
    in_hand: dict[int, int] = {}

    def look(number: int) -> None:
        said = read_activity(file)
        in_hand[number] = len(said.held) if said else 0

    submit_files(settings, document)
    with open_runtime(settings, Told(look)) as runtime:
        (message,) = count_documents_waiting(runtime)
        with sessions.begin() as session:
            claim_pages(session, message.ids, DEAD, 60)
            begin_attempts(session, message.ids[:2], DEAD, 60)
        works = tuple(Work(Stage.READ, 0.0, (page_id,)) for page_id in message.ids[:2])
        assert settle(settings, DEAD, Ending(Cause.CRASHED, "It died.", works, message.ids))
        read_pages(replace(runtime, activity=ActivityReporter(file)), message.ids)
    assert list(in_hand.items()) == [(3, 1), (1, 1), (2, 1)]
    assert page_states(sessions) == [("done", None, 1)] * 3
