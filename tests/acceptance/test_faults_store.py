"""The object store answers with errors, cuts bodies short, or refuses: pages wait, none fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import settings_for
from fault_stack import FaultStack, fault_stack, patiently
from faulty_pages import harmless
from faulty_s3 import HANGS, FaultySettings, faulty_s3


@pytest.fixture
def faulty(s3_server: str) -> Iterator[tuple[str, FaultySettings]]:
    with faulty_s3(s3_server) as made:
        yield made


@pytest.fixture
def stack(
    tmp_path: Path,
    sqlite_url: str,
    redis_url: str,
    s3_bucket: str,
    faulty: tuple[str, FaultySettings],
) -> Iterator[FaultStack]:
    settings = settings_for(
        tmp_path / "home",
        sqlite_url,
        redis_url,
        objects_url=f"s3://{s3_bucket}",
        s3_endpoint_url=faulty[0],
        resume_seconds=1,
        chunk_pages=4,
    )
    with fault_stack(settings) as made:
        yield made


@pytest.mark.parametrize(
    "first",
    [
        (500, 503),  # S3's client tries again
        (503, 503, 503, 503, 500),  # it gives up, and the worker tries again
        (0, 0),  # the document's body is cut short
    ],
    ids=["now-and-then", "for-a-while", "short-bodies"],
)
def test_a_store_that_answers_badly_makes_reading_pause(
    stack: FaultStack, faulty: tuple[str, FaultySettings], first: tuple[int, ...]
) -> None:
    stack.add("a.tif", harmless(3))
    stack.submit("a.tif")
    faulty[1].first = first
    with stack.working():
        stack.until_all_is_final()
    assert faulty[1].bad_answers >= len(first)
    faulty[1].first = ()
    assert stack.attempts() == [1] * 3
    stack.check_nothing_is_lost_or_doubled()


def test_a_store_that_does_not_answer_in_time_makes_reading_pause(
    stack: FaultStack, faulty: tuple[str, FaultySettings]
) -> None:
    stack.add("a.tif", harmless(1))
    stack.submit("a.tif")
    faulty[1].first = (HANGS,) * 5  # S3's client gives up after four, and the worker tries again
    with stack.working(FAULTY_S3_SECONDS="1"):
        stack.until_all_is_final()
    assert faulty[1].bad_answers >= 5
    assert "Read timeout" in stack.log
    faulty[1].first = ()
    assert stack.attempts() == [1]
    stack.check_nothing_is_lost_or_doubled()


def test_a_store_that_refuses_is_named_with_the_remedy_and_costs_no_page_an_attempt(
    stack: FaultStack, faulty: tuple[str, FaultySettings]
) -> None:
    stack.add("a.tif", harmless(3))
    stack.submit("a.tif")
    faulty[1].refuses_writing = True
    with stack.working():
        patiently(lambda: stack.log.count("AccessDenied") >= 3)
        assert "that may get, put and delete these objects" in stack.log
        assert "failed" not in stack.states()
        faulty[1].refuses_writing = False
        stack.until_all_is_final()
    assert stack.attempts() == [1] * 3
    stack.check_nothing_is_lost_or_doubled()
