"""Rules of counting: documents become pages to read, or end with their reason."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import (
    CountingFetcher,
    count_documents_waiting,
    open_runtime,
    settings_for,
    submit_files,
    take_messages,
    tiff,
    work_off,
)
from odd_files import PdfPage, corner_mark, encode, pdf
from rows import end_leases, new_job
from sqlalchemy import select

from sealq_configs.settings import Settings
from sealq_storage.dead_letters import list_dead_letters
from sealq_storage.documents import NewDocument, add_documents, begin_documents, claim_documents
from sealq_storage.errors import ObjectStoreError
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Page
from sealq_storage.transport import TASK_COUNT, TASK_READ
from sealq_worker.activity import ActivityReporter, make_activity_file, read_activity
from sealq_worker.aftermath import settle
from sealq_worker.count import count_documents
from sealq_worker.fetch import FetchedDocument
from sealq_worker.runtime import Runtime
from sealq_worker.watchdog import Limits

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Files of every kind by name, and their numbers of pages.
FILES = {
    "three.pdf": (pdf(PdfPage(), PdfPage(), PdfPage()), 3),
    "two.tif": (tiff(2), 2),
    "one.png": (encode(corner_mark(), "PNG"), 1),
    "one.jpg": (encode(corner_mark(), "JPEG"), 1),
}

#: Reading from it gives an input/output error, as a failing disk does; its size can be had.
FAILING_FILE = "file:///proc/self/mem"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return settings_for(tmp_path, database_url, redis_url, chunk_pages=4)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in FILES]
    for path in paths:
        path.write_bytes(FILES[path.name][0])
    return paths


def numbers(sessions: Sessions) -> dict[str, list[int]]:
    """Numbers of the pages to read, by the document's file name."""
    query = select(Document.source, Page.number).join(Page).order_by(Page.id)
    found: dict[str, list[int]] = {}
    with sessions.begin() as session:
        for source, number in session.execute(query):
            found.setdefault(Path(source).name, []).append(number)
    return found


def ends(sessions: Sessions) -> dict[str, tuple[str, str | None]]:
    """State and error code of each document by its file name."""
    with sessions.begin() as session:
        documents = session.scalars(select(Document))
        return {Path(each.source).name: (each.state, each.error_code) for each in documents}


def reason(sessions: Sessions) -> str:
    """The reason why the only document failed."""
    with sessions.begin() as session:
        return str(session.scalars(select(Document.error)).one())


def add_one(sessions: Sessions, location: str) -> list[int]:
    """List a document of a new job; return its id."""
    job_id = new_job(sessions)
    with sessions.begin() as session:
        return add_documents(session, job_id, [NewDocument(location, location)])


def sent_of_one(
    settings: Settings, folder: Path, *, pages: int, chunk_pages: int
) -> list[tuple[int, ...]]:
    """Count one document with so many pages; return the ids in each message that goes out."""
    settings = settings.model_copy(update={"chunk_pages": chunk_pages})
    (folder / "long.tif").write_bytes(tiff(pages))
    submit_files(settings, folder / "long.tif")
    with open_runtime(settings) as runtime:
        return [message.ids for message in count_documents_waiting(runtime)]


class HangingFetcher(CountingFetcher):
    """Hangs for longer than allowed, and is ended for it as a supervisor does."""

    def __init__(self, runtime: Runtime, watched: Path) -> None:
        super().__init__(runtime)
        self._runtime = runtime
        self._watched = watched

    @contextmanager
    def fetch(self, location: str, sha256: str | None) -> Iterator[FetchedDocument]:
        settings = self._runtime.settings
        activity = read_activity(self._watched)
        assert activity
        too_late = time.monotonic() + settings.document_seconds + 1
        end = Limits.of(settings).judge(activity, 0, too_late)
        assert end
        assert settle(settings, self._runtime.owner, end)
        raise KeyboardInterrupt(location, sha256)
        yield


class TestPages:
    def test_all_pages_of_every_kind_of_document_are_to_be_read(
        self, settings: Settings, sessions: Sessions, files: list[Path]
    ) -> None:
        submit_files(settings, *files)
        with open_runtime(settings) as runtime:
            count_documents_waiting(runtime)
        assert numbers(sessions) == {
            name: list(range(1, pages + 1)) for name, (_, pages) in FILES.items()
        }

    def test_a_selection_holds_for_each_document(
        self, settings: Settings, sessions: Sessions, files: list[Path]
    ) -> None:
        submit_files(settings, *files, pages="2-")
        with open_runtime(settings) as runtime:
            count_documents_waiting(runtime)
        assert numbers(sessions) == {"three.pdf": [2, 3], "two.tif": [2]}
        assert ends(sessions) == {
            "three.pdf": ("counted", None),
            "two.tif": ("counted", None),
            "one.png": ("failed", "no_such_page"),
            "one.jpg": ("failed", "no_such_page"),
        }

    def test_a_document_without_a_selected_page_says_so(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(2))
        submit_files(settings, tmp_path / "a.tif", pages="3-4")
        with open_runtime(settings) as runtime:
            count_documents_waiting(runtime)
        assert reason(sessions) == "It has 2 page(s), none of them among --pages 3-4."


class TestUnreadable:
    def test_a_document_that_cannot_be_opened_fails_with_its_reason_and_the_others_go_on(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        contents = {
            "broken.pdf": FILES["three.pdf"][0][:40],
            "empty.tif": b"",
            "notes.pdf": b"no document at all",
            "good.tif": tiff(1),
        }
        for name, content in contents.items():
            (tmp_path / name).write_bytes(content)
        submit_files(settings, *(tmp_path / name for name in contents))
        with open_runtime(settings) as runtime:
            count_documents_waiting(runtime)
        assert ends(sessions) == {
            "broken.pdf": ("failed", "corrupt"),
            "empty.tif": ("failed", "empty"),
            "notes.pdf": ("failed", "unsupported"),
            "good.tif": ("counted", None),
        }
        with sessions.begin() as session:
            failed = session.scalars(select(Document.error).where(Document.state == "failed"))
            assert all(failed)

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (tiff(2), "changed"),  # another one is there now
            (None, "not_found"),  # nothing is there any more
        ],
    )
    def test_what_is_not_there_as_it_was_submitted_fails(
        self,
        settings: Settings,
        sessions: Sessions,
        tmp_path: Path,
        content: bytes | None,
        code: str,
    ) -> None:
        path = tmp_path / "a.tif"
        path.write_bytes(tiff(1))
        submit_files(settings, path)
        path.unlink() if content is None else path.write_bytes(content)
        with open_runtime(settings) as runtime:
            assert count_documents_waiting(runtime) == []
        assert ends(sessions) == {"a.tif": ("failed", code)}

    def test_a_pipe_in_a_document_s_place_is_not_waited_for(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.tif"
        path.write_bytes(tiff(1))
        submit_files(settings, path)
        path.unlink()
        os.mkfifo(path)
        with open_runtime(settings) as runtime:
            assert count_documents_waiting(runtime) == []
        assert ends(sessions) == {"a.tif": ("failed", "changed")}
        assert "pipe" in reason(sessions)

    @pytest.mark.parametrize(
        "location", ["https://example.com/a.tif", "a.tif", "file:///nul%00.tif", "object:gone"]
    )
    def test_what_is_no_place_to_fetch_from_ends_at_once(
        self, settings: Settings, sessions: Sessions, location: str
    ) -> None:
        ids = add_one(sessions, location)
        with open_runtime(settings) as runtime:
            count_documents(runtime, ids)
        assert list(ends(sessions).values()) == [("failed", "not_found")]

    def test_messages_call_a_document_by_its_own_name(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        """The file may be a copy whose name says nothing."""
        (tmp_path / "a1b2").write_bytes(FILES["three.pdf"][0][:40])
        job_id = new_job(sessions)
        with sessions.begin() as session:
            new = NewDocument("in/invoice.pdf", (tmp_path / "a1b2").as_uri())
            ids = add_documents(session, job_id, [new])
        with open_runtime(settings) as runtime:
            count_documents(runtime, ids)
        assert reason(sessions).startswith("invoice.pdf is no whole PDF")

    def test_what_fails_for_no_known_reason_is_tried_several_times(
        self, settings: Settings, sessions: Sessions
    ) -> None:
        ids = add_one(sessions, FAILING_FILE)
        with open_runtime(settings) as runtime:
            count_documents(runtime, ids)
            tries = work_off(runtime)
        assert [message.ids for message in tries] == [tuple(ids)] * (settings.max_attempts - 1)
        assert ends(sessions) == {"mem": ("failed", "opening_failed")}
        assert "failed 3 times: OSError" in reason(sessions)

    def test_a_document_that_ends_the_process_each_time_fails_as_crashed(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(1))
        ids = add_one(sessions, (tmp_path / "a.tif").as_uri())
        for number in range(settings.max_attempts):
            with sessions.begin() as session:
                claim_documents(session, ids, f"dead {number}", 60)
                begin_documents(session, ids[:1], f"dead {number}", 60)
                end_leases(session)
        with open_runtime(settings) as runtime:
            count_documents(runtime, ids)
        assert ends(sessions) == {"a.tif": ("failed", "crashed")}
        assert "ended 3 times while it opened this file" in reason(sessions)


class TestS3:
    def test_the_worker_hashes_what_nobody_has_seen_yet(
        self,
        settings: Settings,
        sessions: Sessions,
        s3_admin: S3Client,
        s3_bucket: str,
        s3_server: str,
    ) -> None:
        s3_admin.put_object(Bucket=s3_bucket, Key="in/a b.tif", Body=tiff(2))
        ids = add_one(sessions, f"s3://{s3_bucket}/in/a b.tif")
        with open_runtime(settings.model_copy(update={"s3_endpoint_url": s3_server})) as runtime:
            count_documents(runtime, ids)
        assert numbers(sessions) == {"a b.tif": [1, 2]}
        with sessions.begin() as session:
            found = session.scalars(select(Document)).one()
            assert found.sha256 == hashlib.sha256(tiff(2)).hexdigest()
            assert found.size == len(tiff(2))

    def test_an_endpoint_that_is_away_says_nothing_of_the_document(
        self, settings: Settings, sessions: Sessions, s3_server: str, free_port: int
    ) -> None:
        assert s3_server  # its fixture sets credentials
        away = settings.model_copy(update={"s3_endpoint_url": f"http://127.0.0.1:{free_port}"})
        ids = add_one(sessions, "s3://bucket/a.tif")
        with open_runtime(away) as runtime, pytest.raises(ObjectStoreError):
            count_documents(runtime, ids)
        assert ends(sessions) == {"a.tif": ("listed", None)}
        with sessions.begin() as session:
            assert len(claim_documents(session, ids, "another", 60)) == 1

    def test_an_outage_of_the_store_costs_a_document_no_attempt(
        self, settings: Settings, sessions: Sessions, s3_server: str, free_port: int
    ) -> None:
        """However long it lasts: here, as many times as a document has attempts, and once more."""
        assert s3_server  # its fixture sets credentials
        away = settings.model_copy(update={"s3_endpoint_url": f"http://127.0.0.1:{free_port}"})
        ids = add_one(sessions, "s3://bucket/a.tif")
        with open_runtime(away) as runtime:
            for _ in range(settings.max_attempts + 1):
                with pytest.raises(ObjectStoreError):
                    count_documents(runtime, ids)
        with sessions.begin() as session:
            document = session.scalars(select(Document)).one()
            assert (document.state, document.attempts) == ("listed", 0)


class TestWatched:
    def test_a_document_that_hangs_each_time_is_a_timed_out_dead_letter(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        """The supervisor's part is played by the fetcher: it judges, writes the cause and kills."""
        watched = tmp_path / "activity"
        ids = add_one(sessions, "file:///hangs.tif")
        with open_runtime(settings, owner="worker") as runtime:
            for _ in range(settings.max_attempts):
                make_activity_file(watched)
                parts = replace(
                    runtime,
                    activity=ActivityReporter(watched),
                    fetcher=HangingFetcher(runtime, watched),
                )
                with pytest.raises(KeyboardInterrupt):
                    count_documents(parts, ids)
        with sessions.begin() as session:
            (letter,) = list_dead_letters(session, None, None)
            state = session.scalars(select(Document.state)).one()
        assert (state, letter.cause, letter.attempts) == ("failed", "timed_out", 3)
        assert "600 s to fetch and open the document (SEALQ_DOCUMENT_SECONDS)" in letter.error


class TestMessages:
    def test_they_hold_pages_of_as_few_documents_as_possible(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        """Four pages to a message here: of 3 + 1, of 4, of 1 + 2."""
        settings = settings.model_copy(update={"chunk_documents": 4})
        paths = [tmp_path / f"{number}.tif" for number in range(4)]
        for path, pages in zip(paths, (3, 1, 5, 2), strict=True):
            path.write_bytes(tiff(pages, shade=pages))
        submit_files(settings, *paths)
        with open_runtime(settings) as runtime:
            sent = [message.ids for message in count_documents_waiting(runtime)]
        with sessions.begin() as session:
            in_order = select(Page.id).order_by(Page.document_id, Page.number)
            ids = tuple(session.scalars(in_order))
        assert sent == [ids[:4], ids[4:8], ids[8:]]

    def test_the_first_pages_of_few_documents_go_out_in_small_ones(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        """A job of two or three messages would else be read by as many workers, whoever waits."""
        sent = sent_of_one(settings, tmp_path, pages=70, chunk_pages=8)
        assert [len(ids) for ids in sent] == [*[2] * 16, *[8] * 4, 6]
        with sessions.begin() as session:
            in_order = select(Page.id).order_by(Page.number)
            assert [id_ for ids in sent for id_ in ids] == list(session.scalars(in_order))

    @pytest.mark.usefixtures("sessions")
    def test_the_last_pages_go_out_whatever_the_size_of_messages(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        """Thirteen make four parts of three, and one is left over."""
        sent = sent_of_one(settings, tmp_path, pages=64, chunk_pages=13)
        assert [len(ids) for ids in sent] == [*[3] * 16, 13, 3]

    def test_pages_take_the_priority_and_the_device_of_their_job(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(2))
        submit_files(settings, tmp_path / "a.tif", priority=9)
        submit_files(settings, tmp_path / "a.tif", device_kind="gpu")
        listed = take_messages(settings)
        assert {message.task for message in listed} == {TASK_COUNT}
        with open_runtime(settings) as runtime:
            count_documents(runtime, [id_ for message in listed for id_ in message.ids])
        routes: Counter[tuple[str, str, int]] = Counter()
        for message in take_messages(settings):
            routes[message.task, message.queue, message.priority] += len(message.ids)
        assert routes == {(TASK_READ, "sealq.read", 9): 2, (TASK_READ, "sealq.read.gpu", 4): 2}
        assert len(numbers(sessions)["a.tif"]) == 4

    def test_a_message_twice_counts_once(
        self, settings: Settings, sessions: Sessions, files: list[Path]
    ) -> None:
        submit_files(settings, *files)
        (message,) = take_messages(settings)
        with open_runtime(settings) as runtime, open_runtime(settings, owner="other") as other:
            count_documents(runtime, message.ids)
            count_documents(other, message.ids)
        assert numbers(sessions)["three.pdf"] == [1, 2, 3]
