"""Rules of intake."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import tracemalloc
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest
from ordinary_user import open_folder, ordinary_user

from sealq_producer.errors import TemporaryFolderError
from sealq_producer.intake import Intake, Taken
from sealq_producer.sources import Source
from sealq_storage.errors import ObjectStoreError
from sealq_storage.locations import object_key_of, path_of
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.objects.keys import input_key
from sealq_storage.objects.local import LocalObjects
from sealq_storage.objects.s3 import S3Objects

CONTENT = b"%PDF-1.7\n"

#: Bytes that a document may have.
MAX_BYTES = 128 << 20

#: A file that every Linux has on a disk of its own, so that no store is on the same.
ELSEWHERE = Source("version", Path("/proc/version"))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def intake_of(objects: ObjectStore) -> Intake:
    return Intake(objects, objects.url, MAX_BYTES)


@pytest.fixture
def file(tmp_path: Path) -> Source:
    path = tmp_path / "a b%20\udcff.pdf"
    path.write_bytes(CONTENT)
    return Source("a.pdf", path, len(CONTENT))


@pytest.fixture
def intake(local_objects: ObjectStore) -> Intake:
    return intake_of(local_objects)


class ChangingObjects(S3Objects):
    """An S3 store that is asked for an object just when somebody changes a file."""

    def __init__(self, path: Path, url: str, bucket: str, prefix: str, endpoint: str) -> None:
        super().__init__(url, bucket, prefix, endpoint)
        self._path = path

    def exists(self, key: str) -> bool:
        self._path.write_bytes(b"changed")
        return super().exists(key)


class MeetingObjects(LocalObjects):
    """A local store that answers only when it is asked for two objects at the same time."""

    def __init__(self, url: str, root: Path) -> None:
        super().__init__(url, root)
        self._barrier = threading.Barrier(2, timeout=60)

    def exists(self, key: str) -> bool:
        self._barrier.wait()
        return super().exists(key)


class TestLocation:
    def test_a_file_on_the_disk_of_a_local_store_stays_where_it_is(
        self, file: Source, local_objects: ObjectStore
    ) -> None:
        taken = intake_of(local_objects).take(file)
        assert (taken.source_name, taken.sha256, taken.size) == (
            "a.pdf",
            sha256(CONTENT),
            len(CONTENT),
        )
        assert path_of(taken.location) == file.path
        assert not local_objects.exists(input_key(sha256(CONTENT)))

    def test_a_file_on_another_disk_is_copied_to_the_local_store(
        self, local_objects: ObjectStore
    ) -> None:
        content = Path("/proc/version").read_bytes()
        taken = intake_of(local_objects).take(ELSEWHERE)
        assert object_key_of(taken.location) == input_key(sha256(content))
        # /proc says 0 bytes: what counts is what was read.
        assert taken.size == len(content)
        assert local_objects.get(input_key(sha256(content))) == content

    def test_a_file_is_copied_to_s3(self, file: Source, s3_objects: ObjectStore) -> None:
        taken = intake_of(s3_objects).take(file)
        assert (taken.sha256, taken.size, taken.error_code) == (
            sha256(CONTENT),
            len(CONTENT),
            None,
        )
        key = object_key_of(taken.location)
        assert key == input_key(sha256(CONTENT))
        assert s3_objects.get(key) == CONTENT

    def test_content_that_the_store_has_is_not_sent_again(self, objects: ObjectStore) -> None:
        key = input_key(sha256(Path("/proc/version").read_bytes()))
        objects.put(key, b"here before", "text/plain")
        assert object_key_of(intake_of(objects).take(ELSEWHERE).location) == key
        assert objects.get(key) == b"here before"

    def test_an_s3_source_stays_where_it_is_and_is_not_read(self, intake: Intake) -> None:
        source = Source(r"s3://b/a\x0a.pdf", url="s3://b/a\n.pdf", size=7)
        assert intake.take(source) == Taken(r"s3://b/a\x0a.pdf", "s3://b/a\n.pdf", 7)

    def test_a_store_that_can_not_be_used_is_an_error_and_no_failed_document(
        self, file: Source, s3_server: str
    ) -> None:
        store = open_objects("s3://no-such-bucket/in", s3_endpoint_url=s3_server)
        with pytest.raises(ObjectStoreError, match="Create the bucket"):
            intake_of(store).take(file)

    def test_a_temporary_folder_that_can_not_be_used_is_an_error_with_its_remedy(
        self, local_objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")
        with pytest.raises(TemporaryFolderError, match=r"/proc/nowhere.*set TMPDIR"):
            intake_of(local_objects).take(ELSEWHERE)


class TestContent:
    def test_the_hash_is_of_all_blocks(self, intake: Intake, tmp_path: Path) -> None:
        content = os.urandom(3 * (1 << 20) + 1)
        (tmp_path / "big.pdf").write_bytes(content)
        taken = intake.take(Source("big.pdf", tmp_path / "big.pdf"))
        assert (taken.sha256, taken.size) == (sha256(content), len(content))

    def test_a_large_file_is_not_held_in_memory(self, intake: Intake, tmp_path: Path) -> None:
        with (tmp_path / "big.pdf").open("wb") as sparse:
            sparse.truncate(64 << 20)
        tracemalloc.start()
        intake.take(Source("big.pdf", tmp_path / "big.pdf"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 4 << 20

    def test_a_file_that_changes_meanwhile_leaves_no_other_bytes_under_its_hash(
        self, tmp_path: Path, s3_server: str, s3_bucket: str
    ) -> None:
        """Every later job would be given those."""
        path = tmp_path / "a.pdf"
        path.write_bytes(CONTENT)
        store = ChangingObjects(path, f"s3://{s3_bucket}", s3_bucket, "", s3_server)
        taken = intake_of(store).take(Source("a.pdf", path))
        assert path.read_bytes() != CONTENT
        assert taken.sha256 is not None
        assert sha256(store.get(input_key(taken.sha256))) == taken.sha256


class TestRefusals:
    @pytest.fixture
    def folder(self) -> Iterator[Path]:
        with open_folder() as path:
            yield path

    @pytest.mark.parametrize(
        ("path", "code", "reason"),
        [
            ("gone.pdf", "not_found", "no such file. Check the name"),
            ("file.pdf/a.pdf", "not_found", "no such file. Check the name"),
            ("closed.pdf", "forbidden", "Allow this user to read it"),
            ("closed/a.pdf", "forbidden", "Allow this user to read it"),
            ("folder.pdf", "unreadable", "Is a directory"),
            ("pipe.pdf", "unreadable", "pipe"),  # must not wait for a writer
            ("loop.pdf", "unreadable", "Too many levels of symbolic links"),
            ("nul\0.pdf", "unreadable", "null byte"),
            ("x" * 300, "unreadable", "File name too long"),
        ],
    )
    def test_what_can_not_be_read_fails_with_its_reason_and_the_rest_goes_on(
        self, path: str, code: str, reason: str, folder: Path, intake: Intake
    ) -> None:
        (folder / "file.pdf").write_bytes(CONTENT)
        (folder / "closed.pdf").touch(0o000)
        (folder / "folder.pdf").mkdir()
        (folder / "closed").mkdir(0o000)
        os.mkfifo(folder / "pipe.pdf")
        (folder / "loop.pdf").symlink_to("loop.pdf")
        sources = [Source("the name", folder / path, 7), Source("file.pdf", folder / "file.pdf")]
        with ordinary_user():
            failed, good = intake.take_all(sources, 1)
        assert (failed.error_code, failed.source_name, failed.size) == (code, "the name", 7)
        assert failed.error is not None
        assert failed.error.startswith("the name: ")
        assert reason in failed.error
        assert path_of(failed.location) == folder / path
        assert (good.error_code, good.sha256) == (None, sha256(CONTENT))


class TestLimits:
    def test_a_file_of_just_the_allowed_bytes_is_taken_and_a_larger_one_fails(
        self, file: Source, local_objects: ObjectStore
    ) -> None:
        for allowed, code in ((len(CONTENT), None), (len(CONTENT) - 1, "too_large")):
            taken = Intake(local_objects, local_objects.url, allowed).take(file)
            assert taken.error_code == code
        assert "more than the 8 bytes allowed" in str(taken.error)
        assert "SEALQ_MAX_DOCUMENT_BYTES" in str(taken.error)

    def test_what_is_larger_than_it_says_fails_where_the_limit_is_reached(
        self, local_objects: ObjectStore
    ) -> None:
        """/proc says 0 bytes; others grow while they are read."""
        taken = Intake(local_objects, local_objects.url, 9).take(ELSEWHERE)
        assert taken.error_code == "too_large"

    def test_an_object_above_the_limit_fails_before_any_worker_sees_it(
        self, local_objects: ObjectStore
    ) -> None:
        source = Source("s3://b/a.pdf", url="s3://b/a.pdf", size=10)
        taken = Intake(local_objects, local_objects.url, 9).take(source)
        assert (taken.error_code, taken.location) == ("too_large", "s3://b/a.pdf")

    def test_what_discovery_refused_is_a_failed_document_with_that_reason(
        self, intake: Intake
    ) -> None:
        taken = intake.take(Source("https://a/b", refused="It is not taken. Download it."))
        assert (taken.error_code, taken.error) == ("not_taken", "It is not taken. Download it.")


class Pulled:
    """Sources that know how many of them were asked for."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = sources
        self.count = 0

    def __iter__(self) -> Iterator[Source]:
        for source in self._sources:
            self.count += 1
            yield source


class TestStream:
    @pytest.mark.parametrize("threads", [1, 4])
    def test_twenty_thousand_sources_come_in_order_and_few_are_pulled_ahead(
        self, threads: int, intake: Intake, file: Source
    ) -> None:
        sources = Pulled(Source(str(number), file.path) for number in range(20_000))
        for number, taken in enumerate(intake.take_all(sources, threads)):
            assert taken.source_name == str(number)
            assert sources.count - number <= 8 * threads
        assert number == 20_000 - 1

    def test_files_are_taken_at_the_same_time(self, tmp_path: Path) -> None:
        store = MeetingObjects(tmp_path.as_uri(), tmp_path)
        taken = intake_of(store).take_all([ELSEWHERE, ELSEWHERE], 2)
        assert [one.error_code for one in taken] == [None, None]

    def test_whoever_stops_early_leaves_no_thread_and_pulls_no_more(
        self, intake: Intake, file: Source
    ) -> None:
        sources = Pulled(Source(str(number), file.path) for number in range(1000))
        stream = intake.take_all(sources, 2)
        next(stream)
        assert isinstance(stream, Generator)
        stream.close()
        assert sources.count == 16
        assert not [one for one in threading.enumerate() if one.name.startswith("intake")]

    def test_an_error_of_the_sources_comes_through(self, intake: Intake, file: Source) -> None:
        def broken() -> Iterator[Source]:
            yield file
            raise ObjectStoreError

        with pytest.raises(ObjectStoreError):
            list(intake.take_all(broken(), 2))
