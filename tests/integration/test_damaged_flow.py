"""Rules of damaged pages that are read all the same: marked, and never taken for whole ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus import CORPUS
from fakes import CountingReader, NullReader, open_runtime, submit_files, work_off
from sqlalchemy import select

from sealq_configs.settings import Settings
from sealq_storage.objects import open_objects
from sealq_storage.results import stream_pages, stream_regions
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Page, Reading

DAMAGE = "a picture on it, 64 x 64 pixels, is cut short"


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A PDF of one page whose scan is cut short."""
    path = tmp_path / "damaged.pdf"
    path.write_bytes(CORPUS["cut-scan.pdf"].data)
    return path


def read_as_far_as_it_goes(settings: Settings, path: Path) -> str:
    """Read a document of a new job where damaged pages are read; return the job's id."""
    job_id = submit_files(settings, path)
    with open_runtime(settings.model_copy(update={"read_damaged": True})) as runtime:
        work_off(runtime)
    return job_id


def ends(sessions: Sessions, job_id: str) -> list[tuple[str, str | None]]:
    query = select(Page.state, Page.error_code).where(Page.job_id == job_id)
    with sessions.begin() as session:
        return [(state, code) for state, code in session.execute(query)]


def test_its_reading_says_what_is_missing(
    settings: Settings, sessions: Sessions, damaged: Path
) -> None:
    job_id = read_as_far_as_it_goes(settings, damaged)
    with sessions.begin() as session:
        reading = session.scalars(select(Reading)).one()
        assert reading.damage == DAMAGE
        said = [each.damage for each in stream_pages(session, job_id)]
        said += [each.damage for each in stream_regions(session, job_id)]
        stored = open_objects(settings.objects).get(f"{reading.object_prefix}/reading.json")
    assert said == [DAMAGE, DAMAGE]
    assert json.loads(stored)["damage"] == DAMAGE


def test_where_damaged_pages_are_not_read_its_reading_is_not_taken(
    settings: Settings, sessions: Sessions, damaged: Path
) -> None:
    read_as_far_as_it_goes(settings, damaged)
    job_id = submit_files(settings, damaged)
    with open_runtime(settings) as runtime:
        work_off(runtime)
    assert ends(sessions, job_id) == [("failed", "corrupt")]


def test_where_they_are_it_is_read_once(
    settings: Settings, sessions: Sessions, damaged: Path
) -> None:
    read_as_far_as_it_goes(settings, damaged)
    job_id = submit_files(settings, damaged)
    reader = CountingReader(NullReader())
    with open_runtime(settings.model_copy(update={"read_damaged": True}), reader) as runtime:
        work_off(runtime)
    assert reader.pages == []
    assert ends(sessions, job_id) == [("done", None)]
