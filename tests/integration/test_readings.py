"""Rules of readings: computed once per key, whoever asks, and never without their objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from fakes import (
    CountingReader,
    NullReader,
    count_documents_waiting,
    open_runtime,
    submit_files,
    tiff,
    work_off,
)
from rows import new_job, new_reading, save_reading, until_it_waits
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from sealq_configs.settings import Settings
from sealq_storage.errors import ObjectStoreError
from sealq_storage.objects.keys import READING_JSON
from sealq_storage.readings import (
    NewField,
    NewLine,
    NewReading,
    NewRegion,
    find_readings,
)
from sealq_storage.results import stream_regions
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import FIELD_CHARACTERS, Line, Page, Reading, Region
from sealq_worker.documents import PageImage
from sealq_worker.read import read_pages
from sealq_worker.reader import RawReading

LINE = NewLine("发票专用章", 0.97, [(1.0, 2.0), (3.0, 4.0)])
SEAL = NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, (LINE, LINE))


def counts(sessions: Sessions) -> list[int | None]:
    """Number of readings, regions and lines."""
    with sessions.begin() as session:
        tables = (Reading, Region, Line)
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def texts(sessions: Sessions, job_id: str) -> list[tuple[str, int, str]]:
    with sessions.begin() as session:
        return [
            (Path(region.document).parent.name, region.page, line.text)
            for region in stream_regions(session, job_id)
            for line in region.lines
        ]


class TestKey:
    def save(self, sessions: Sessions, new: NewReading) -> int:
        with sessions.begin() as session:
            return save_reading(session, new)

    def test_a_reading_that_two_workers_made_is_stored_once(self, sessions: Sessions) -> None:
        new_job(sessions)
        new = new_reading("c" * 64, 1, SEAL)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                first = save_reading(session, new)
                second = pool.submit(self.save, sessions, new)
                until_it_waits(session, second)
            assert second.result() == first
        assert counts(sessions) == [1, 1, 2]

    def test_another_page_is_another_reading(self, sessions: Sessions) -> None:
        new_job(sessions)
        first, second = new_reading("c" * 64, 1), new_reading("c" * 64, 2)
        ids = [self.save(sessions, first), self.save(sessions, second)]
        with sessions.begin() as session:
            known = find_readings(session, [second.key, new_reading("d" * 64).key], damaged=True)
        assert known == {second.key: ids[1]}


class TestFields:
    def test_a_field_without_text_is_unreadable(self) -> None:
        assert NewField("owner", None, None, "unreadable").text is None
        with pytest.raises(ValueError, match="owner has no text"):
            NewField("owner", None, 0.5, "read")

    def test_a_field_is_as_long_as_the_database_takes_or_no_field(self) -> None:
        """Found here the page fails with the reason; found by the database it would not say."""
        assert NewField("owner", "章" * FIELD_CHARACTERS, 0.5, "read")
        with pytest.raises(ValueError, match="401 characters, more than 400"):
            NewField("owner", "章" * (FIELD_CHARACTERS + 1), 0.5, "read")


class TestMarks:
    def test_what_is_not_read_is_kept_beside_the_seals_in_sql_and_in_json(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(1))
        with open_runtime(settings, MarkReader()) as runtime:
            job_id = submit_files(settings, tmp_path / "a.tif")
            work_off(runtime)
            with sessions.begin() as session:
                found = list(stream_regions(session, job_id))
            body = runtime.objects.get(f"{found[0].object_prefix}/{READING_JSON}")
        labels = [("seal", 1), ("tax_mark", 0)]
        assert [(region.label, len(region.lines)) for region in found] == labels
        reading = json.loads(body)
        kept = reading["regions"]
        assert [(region["label"], len(region["lines"])) for region in kept] == labels
        assert [(region["region"], region["found_by"]) for region in kept] == [
            (1, "layout"),
            (2, "layout"),
        ]
        assert reading["empty_score"] is None


class MarkReader(NullReader):
    """Finds a tax mark on every page before it finds the seal."""

    def read(self, page: PageImage) -> RawReading:
        raw = super().read(page)
        mark = {"cls_id": 3, "label": "tax_mark", "score": 0.5, "coordinate": [1, 2, 3, 4]}
        boxes = [mark, *raw.res["layout_det_res"]["boxes"]]
        return replace(raw, res={**raw.res, "layout_det_res": {"boxes": boxes}})


class TestOnce:
    def test_another_job_gets_the_reading_without_the_reader(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(3))
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            first = submit_files(settings, tmp_path / "a.tif")
            work_off(runtime)
            second = submit_files(settings, tmp_path / "a.tif")
            work_off(runtime)
        assert reader.pages == [1, 2, 3]
        assert counts(sessions) == [3, 3, 3]
        assert texts(sessions, second) == texts(sessions, first)
        assert len(texts(sessions, second)) == 3

    def test_the_same_content_under_two_names_is_read_once(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(2))
        (tmp_path / "b.tif").write_bytes(tiff(2))
        reader = CountingReader()
        with open_runtime(settings, reader) as runtime:
            job_id = submit_files(settings, tmp_path / "a.tif", tmp_path / "b.tif")
            work_off(runtime)
        assert reader.pages == [1, 2]
        assert len(texts(sessions, job_id)) == 4

    def test_two_files_of_the_same_name_keep_two_results(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        for folder, shade in (("a", 10), ("b", 20)):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "invoice.tif").write_bytes(tiff(1, shade))
        with open_runtime(settings) as runtime:
            job_id = submit_files(
                settings, tmp_path / "a" / "invoice.tif", tmp_path / "b" / "invoice.tif"
            )
            work_off(runtime)
            assert texts(sessions, job_id) == [("a", 1, "第1页 10"), ("b", 1, "第1页 20")]
            with sessions.begin() as session:
                prefixes = session.scalars(select(Reading.object_prefix).order_by(Reading.id))
                kept = [runtime.objects.get(f"{prefix}/{READING_JSON}") for prefix in prefixes]
        said = [json.loads(body)["regions"][0]["lines"][0]["text"] for body in kept]
        assert said == ["第1页 10", "第1页 20"]


class TestObjects:
    def test_they_are_there_before_the_row_is_committed(
        self, settings: Settings, sessions: Sessions, tmp_path: Path
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(2))
        there = []
        with open_runtime(settings) as runtime:

            def look(session: Session) -> None:
                for prefix in session.scalars(select(Reading.object_prefix)):
                    names = (READING_JSON, "layout_det_res.jpg")
                    there.append([runtime.objects.exists(f"{prefix}/{name}") for name in names])

            event.listen(runtime.sessions, "before_commit", look)
            submit_files(settings, tmp_path / "a.tif")
            work_off(runtime)
        assert counts(sessions)[0] == 2
        assert there
        assert all(all(looked) for looked in there)

    def test_a_store_that_fails_leaves_no_row_and_the_page_due(
        self,
        settings: Settings,
        sessions: Sessions,
        tmp_path: Path,
        broken: Settings,
        mend: Callable[[], object],
    ) -> None:
        (tmp_path / "a.tif").write_bytes(tiff(1))
        submit_files(settings, tmp_path / "a.tif")
        with open_runtime(broken) as runtime:
            (message,) = count_documents_waiting(runtime)
            with pytest.raises(ObjectStoreError):
                read_pages(runtime, message.ids)
            assert counts(sessions) == [0, 0, 0]
            with sessions.begin() as session:
                assert session.scalars(select(Page.state)).all() == ["due"]
            mend()
            assert read_pages(runtime, message.ids) == 1
        assert counts(sessions) == [1, 1, 1]

    @pytest.fixture(params=["folder", "bucket"])
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def broken(self, kind: str, settings: Settings, request: pytest.FixtureRequest) -> Settings:
        """Settings with an object store that takes nothing."""
        if kind == "folder":
            (settings.home / "objects").mkdir()
            (settings.home / "objects" / "readings").write_bytes(b"")  # where a folder has to be
            return settings
        server, bucket = map(request.getfixturevalue, ("s3_server", "s3_bucket"))
        request.getfixturevalue("s3_admin").delete_bucket(Bucket=bucket)
        s3 = {"objects_url": f"s3://{bucket}", "s3_endpoint_url": server}
        return settings.model_copy(update=s3)

    @pytest.fixture
    def mend(
        self, kind: str, settings: Settings, request: pytest.FixtureRequest
    ) -> Callable[[], object]:
        """Make the store take objects."""
        if kind == "folder":
            return (settings.home / "objects" / "readings").unlink
        admin, bucket = map(request.getfixturevalue, ("s3_admin", "s3_bucket"))
        return partial(admin.create_bucket, Bucket=bucket)
