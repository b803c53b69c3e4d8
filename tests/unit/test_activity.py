"""Rules of what a reading process says of itself: its last word counts, never half a word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sealq_worker.activity import (
    FILE_BYTES,
    Activity,
    ActivityReporter,
    Stage,
    make_activity_file,
    read_activity,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "activity"
    make_activity_file(path)
    return path


def said(file: Path) -> Activity:
    activity = read_activity(file)
    assert activity is not None
    return activity


def test_before_the_first_word_there_is_nothing(file: Path) -> None:
    assert read_activity(file) is None


def test_what_is_done_is_said_while_it_is_done(file: Path) -> None:
    reporter = ActivityReporter(file)
    with reporter.doing(Stage.OPEN, pages=[7, 8]), reporter.doing(Stage.WAIT):
        first, second = said(file).works
    assert (first.stage, first.pages, first.documents) == (Stage.OPEN, (7, 8), ())
    assert (second.stage, second.pages) == (Stage.WAIT, ())
    assert first.since <= second.since <= said(file).said_at
    assert said(file).works == ()


def test_it_is_over_when_it_fails_too(file: Path) -> None:
    reporter = ActivityReporter(file)
    with pytest.raises(ZeroDivisionError), reporter.doing(Stage.READ, pages=[7]):
        raise ZeroDivisionError
    assert said(file).works == ()


def test_a_sign_of_life_changes_nothing_but_its_time(file: Path) -> None:
    reporter = ActivityReporter(file)
    with reporter.doing(Stage.COUNT, documents=[3]):
        before = said(file)
        reporter.beat()
        after = said(file)
    assert after.works == before.works
    assert after.said_at > before.said_at


def test_saved_pages_are_counted(file: Path) -> None:
    reporter = ActivityReporter(file)
    reporter.pages_saved(1)
    assert said(file).saved == 1
    reporter.pages_saved(16)
    assert said(file).saved == 17


def test_what_is_held_is_said_until_it_is_not(file: Path) -> None:
    reporter = ActivityReporter(file)
    with reporter.holding([7, 8]), reporter.doing(Stage.READ, pages=[7]):
        assert said(file).held == (7, 8)
    assert said(file).held == ()


def test_what_waits_for_the_stack_is_not_busy(file: Path) -> None:
    """Only what is done to pages or documents can end a process."""
    reporter = ActivityReporter(file)
    with reporter.doing(Stage.WAIT), reporter.doing(Stage.COUNT, documents=[3]):
        assert [work.stage for work in said(file).busy] == [Stage.COUNT]


def test_half_a_word_is_none(file: Path) -> None:
    """Looked at while it is overwritten: the reader keeps what it knew."""
    reporter = ActivityReporter(file)
    with reporter.doing(Stage.OPEN, pages=range(16)):
        whole = file.read_bytes()
    reporter.beat()
    os.truncate(file, 20)
    with file.open("ab") as half:
        half.write(whole[20:])
    assert read_activity(file) is None


def test_a_chunk_of_the_largest_size_fits(file: Path) -> None:
    reporter = ActivityReporter(file)
    ids = [2**63 - number for number in range(1, 1001)]
    with (
        reporter.holding(ids),
        reporter.doing(Stage.OPEN, pages=ids),
        reporter.doing(Stage.READ, pages=ids),
        reporter.doing(Stage.SAVE, pages=ids),
    ):
        assert said(file).works[2].pages == said(file).held == tuple(ids)
    assert file.stat().st_size == FILE_BYTES


def test_unwatched_nothing_is_written(tmp_path: Path) -> None:
    reporter = ActivityReporter(None)
    with reporter.doing(Stage.READ):
        reporter.beat()
    assert list(tmp_path.iterdir()) == []
