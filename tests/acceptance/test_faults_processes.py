"""Processes that are killed or told to stop, at any moment: nothing is lost, nothing read twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fakes import settings_for, take_messages
from fault_stack import FaultStack, fault_stack, patiently
from faulty_pages import HANGS, document, harmless

#: Moments of a page's way at which its process dies; those of its whole document come first.
MOMENTS = ("count", "load", "open", "prepare", "read", "save", "object")
#: Seconds that a page takes where a test has to come in between.
SLOW = "0.2"


@pytest.fixture
def stack(tmp_path: Path, sqlite_url: str, redis_url: str) -> Iterator[FaultStack]:
    settings = settings_for(
        tmp_path / "home",
        sqlite_url,
        redis_url,
        lease_seconds=5,
        resume_seconds=1,
        max_attempts=9,
        chunk_pages=50,
    )
    with fault_stack(settings) as made:
        yield made


def test_a_reading_process_killed_at_every_moment_of_its_work_loses_nothing(
    stack: FaultStack,
) -> None:
    stack.add("a.tif", harmless(3))
    stack.add("b.tif", harmless(3, first=150))
    stack.submit("a.tif", "b.tif")
    stack.set_traps(*MOMENTS)
    with stack.working():
        stack.until_all_is_final()
    assert stack.traps_left() == []
    # When a document is opened an attempt of its three pages counts, later that of one; of none
    # where pages were in hand at two stages: then each is tried alone.
    assert 6 + 3 < sum(stack.attempts()) <= 6 + 3 + len(MOMENTS[3:])
    stack.check_nothing_is_lost_or_doubled()


def test_all_workers_killed_at_once_lose_nothing(stack: FaultStack) -> None:
    """Nobody is left to free what they held: its leases end."""
    stack.add("a.tif", harmless(20))
    stack.submit("a.tif")
    with stack.working("cpu", "cpu", FAULTY_SLOW=SLOW) as workers:
        patiently(lambda: stack.states()["done"] >= 2)
        workers.kill()
    assert stack.states()["claimed"]
    with stack.working():
        stack.until_all_is_final()
    # Nobody was left to take back the attempts of what was in hand.
    assert set(stack.attempts()) <= {1, 2}
    stack.check_nothing_is_lost_or_doubled()


def test_workers_that_race_and_are_replaced_while_they_do_read_each_page_once(
    stack: FaultStack,
) -> None:
    for number in range(6):
        stack.add(f"{number}.tif", harmless(4, first=100 + 4 * number))
    stack.submit(*(f"{number}.tif" for number in range(6)))
    small = {"SEALQ_CHUNK_PAGES": "2", "SEALQ_WORKER_PAGES": "6"}
    with stack.working("cpu", "cpu", FAULTY_SLOW="0.05", **small):
        stack.until_all_is_final()
    assert "6 pages read: this process ends and a fresh one takes over" in stack.log
    assert stack.attempts() == [1] * 24
    stack.check_nothing_is_lost_or_doubled()


def test_told_to_stop_a_worker_finishes_the_page_in_hand_and_gives_back_the_others(
    stack: FaultStack,
) -> None:
    stack.add("a.tif", harmless(40))
    stack.submit("a.tif")
    with stack.working(FAULTY_SLOW=SLOW) as workers:
        patiently(lambda: stack.states()["done"] >= 2)
        assert workers.end() == 0
    states = stack.states()
    assert set(states) == {"done", "due"}
    assert stack.attempts() == [1] * states["done"] + [0] * states["due"]
    waiting = [id_ for message in take_messages(stack.settings) for id_ in message.ids]
    assert len(set(waiting)) == len(waiting) == states["due"]
    with stack.working():
        stack.until_all_is_final()
    assert stack.attempts() == [1] * 40
    stack.check_nothing_is_lost_or_doubled()


@pytest.mark.parametrize(
    ("grace", "signals"),
    [("1", 1), ("600", 2)],
    ids=["after-the-grace-time", "at-a-second-signal"],
)
def test_a_page_that_can_not_be_finished_is_given_back_uncounted(
    stack: FaultStack, grace: str, signals: int
) -> None:
    stack.add("a.tif", document(HANGS))
    stack.submit("a.tif")
    with stack.working(FAULTY_POISON="1", SEALQ_STOP_SECONDS=grace) as workers:
        patiently(partial(stack.has_said, "hanging"))
        assert stack.attempts() == [1]
        for told in range(signals):
            workers.signal()
            patiently(partial(stack.has_said, "stopping", told + 1))
        assert workers.wait() == 0
    assert stack.pages() == {("a.tif", 1): ("due", None, 0)}
    with stack.working():
        stack.until_all_is_final()
    assert stack.attempts() == [1]
    stack.check_nothing_is_lost_or_doubled()
