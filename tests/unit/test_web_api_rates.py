"""Requests a minute."""

from __future__ import annotations

from sealq_web.rates import RateLimits


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_s_requests_may_come_at_once_and_then_they_trickle() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    assert [limits.take(1, 3) for _ in range(4)] == [0, 0, 0, 20]
    clock.now = 20
    assert [limits.take(1, 3) for _ in range(2)] == [0, 20]


def test_who_was_silent_for_long_has_no_more_than_a_minute_s_requests() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    limits.take(1, 2)
    clock.now = 10_000
    assert [limits.take(1, 2) for _ in range(3)] == [0, 0, 30]


def test_a_key_does_not_use_up_another_s_requests() -> None:
    limits = RateLimits(Clock())
    assert limits.take(1, 1) == 0
    assert limits.take(2, 1) == 0
