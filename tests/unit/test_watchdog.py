"""Rules of the watchdog: what takes too long, too much, or says nothing, is ended, and why."""

from __future__ import annotations

import pytest

from sealq_configs.settings import Settings
from sealq_storage.causes import Cause
from sealq_worker.activity import Activity, Stage, Work
from sealq_worker.watchdog import LOAD_SECONDS, Limits, crash, worn_out

NOW = 10_000.0
LIMITS = Limits.of(
    Settings(
        page_seconds=10,
        document_seconds=20,
        lease_seconds=30,
        heartbeat_seconds=40,
        worker_memory_mb=500,
    )
)
MIB = 1 << 20


def busy(stage: Stage, seconds: float, silent: float = 0) -> Activity:
    """Return what a process said so many seconds ago that is at it for longer."""
    return Activity(NOW - silent, 0, (Work(stage, NOW - seconds, pages=(7,)),))


@pytest.mark.parametrize(
    ("stage", "limit"),
    [
        (Stage.PREPARE, 10),
        (Stage.READ, 10),
        (Stage.COUNT, 20),
        (Stage.OPEN, 20),
        (Stage.SAVE, 30),
        (Stage.LOAD, LOAD_SECONDS),
    ],
)
def test_each_stage_has_its_time(stage: Stage, limit: float) -> None:
    assert LIMITS.judge(busy(stage, limit - 1), 0, NOW) is None
    over = LIMITS.judge(busy(stage, limit + 1), 0, NOW)
    assert over is not None
    assert over.cause is Cause.TIMED_OUT
    assert [work.pages for work in over.works] == [(7,)]


def test_the_reason_names_the_limit_and_its_setting() -> None:
    over = LIMITS.judge(busy(Stage.READ, 11), 0, NOW)
    assert over is not None
    assert over.reason == "It took longer than 10 s to read the page (SEALQ_PAGE_SECONDS)."


def test_of_several_works_nobody_knows_which_made_the_others_wait() -> None:
    """Python's lock may be held by one that began later than the one that is over its time."""
    slow, quick = Work(Stage.READ, NOW - 11, (1,)), Work(Stage.PREPARE, NOW - 9, (2,))
    idle = Work(Stage.WAIT, NOW - 12)
    over = LIMITS.judge(Activity(NOW, 0, (idle, quick, slow), held=(1, 2, 3)), 0, NOW)
    assert over is not None
    assert over.works == (quick, slow)
    assert over.held == (1, 2, 3)


def test_memory_has_a_limit() -> None:
    activity = busy(Stage.READ, 1)
    assert LIMITS.judge(activity, 500 * MIB, NOW) is None
    over = LIMITS.judge(activity, 501 * MIB, NOW)
    assert over is not None
    assert (over.cause, over.works) == (Cause.OUT_OF_MEMORY, activity.works)
    assert "used 501 MiB of memory; the limit is 500 (SEALQ_WORKER_MEMORY_MB)" in over.reason


def test_silence_between_messages_has_a_limit_and_nobody_is_to_blame() -> None:
    assert LIMITS.judge(Activity(NOW - 39, 0, ()), 0, NOW) is None
    over = LIMITS.judge(Activity(NOW - 41, 0, ()), 0, NOW)
    assert over is not None
    assert (over.cause, over.works) == (None, ())


def test_who_waits_for_the_stack_may_do_so_for_ever_if_he_says_so() -> None:
    assert LIMITS.judge(busy(Stage.WAIT, 9_000, silent=1), 0, NOW) is None
    assert LIMITS.judge(busy(Stage.WAIT, 9_000, silent=41), 0, NOW) is not None


def test_who_is_busy_need_not_give_signs_of_life() -> None:
    assert LIMITS.judge(busy(Stage.LOAD, 1_000, silent=1_000), 0, NOW) is None


def test_a_crash_is_blamed_on_what_was_in_hand() -> None:
    activity = busy(Stage.READ, 1)
    end = crash(-11, activity)
    assert (end.cause, end.works) == (Cause.CRASHED, activity.works)
    assert end.reason == (
        "The reading process ended (killed by SIGSEGV) when it had to read the page."
    )


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(), None),  # no limits
        (Settings(worker_pages=11, worker_memory_mb=401), None),
        (Settings(worker_pages=10, worker_memory_mb=401), "10 pages read"),
        (Settings(worker_pages=11, worker_memory_mb=399), "300 MiB of 399 in use"),
    ],
)
def test_a_process_is_worn_out_after_so_many_pages_or_near_its_memory(
    settings: Settings, why: str | None
) -> None:
    assert worn_out(settings, pages_read=10, memory_bytes=300 * MIB) == why
