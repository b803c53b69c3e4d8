"""Pages a second, shares, quotients and medians, from when pages were finished."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speedbench.speeds import (
    Spread,
    TooFewPagesError,
    cpu_seconds,
    first_result,
    foreign_cores,
    known_spread,
    limit_of,
    median_work,
    peak_rss,
    quotients,
    speed,
    spread,
    steady,
)
from speedbench.values import Measured, PageName, Sample, Seal

CELL = "100-images"
SEAL = Seal((0.0, 0.0, 9.0, 9.0), ("某某有限公司",))


def _names(count: int) -> list[PageName]:
    return [PageName(f"{CELL}/{number:04}.jpg", 1) for number in range(count)]


def _measured(finished: dict[PageName, float], usage: tuple[Sample, ...] = ()) -> Measured:
    return Measured(0.0, finished, dict.fromkeys(finished, (SEAL, SEAL)), usage)


def test_a_page_every_half_second_is_two_pages_a_second() -> None:
    names = _names(20)
    finished = {name: 100 + 0.5 * number for number, name in enumerate(names)}
    span = steady(finished, dict.fromkeys(names, 1.0))
    assert len(names) * span.share / span.seconds == pytest.approx(2.0)


def test_a_late_start_and_a_long_wait_for_the_last_page_do_not_count() -> None:
    names = _names(20)
    finished = {name: 100 + 0.5 * number for number, name in enumerate(names)}
    finished[names[0]] = 50.0
    finished[names[-1]] = 200.0
    span = steady(finished, dict.fromkeys(names, 1.0))
    assert len(names) * span.share / span.seconds == pytest.approx(2.0)


def test_the_order_of_heavy_and_light_pages_does_not_change_the_speed() -> None:
    """One contestant reads the heavy pages first, one last; both take as long for each."""
    light, heavy = _names(40)[:20], _names(40)[20:]
    work = dict.fromkeys(light, 0.1) | dict.fromkeys(heavy, 1.0)
    speeds = []
    for order in (light + heavy, heavy + light):
        at, finished = 0.0, {}
        for name in order:
            at += work[name]
            finished[name] = at
        span = steady(finished, work)
        speeds.append(40 * span.share / span.seconds)
    assert speeds[0] == pytest.approx(speeds[1])
    assert speeds[0] == pytest.approx(40 / sum(work.values()))


def test_pages_that_were_finished_at_once_count_as_one_step() -> None:
    """A PDF sent to a service comes back whole."""
    names = _names(20)
    finished = {name: 10.0 + 4 * (number // 4) for number, name in enumerate(names)}
    span = steady(finished, dict.fromkeys(names, 1.0))
    assert len(names) * span.share / span.seconds == pytest.approx(1.0)


def test_too_few_pages_are_refused() -> None:
    names = _names(8)
    with pytest.raises(TooFewPagesError, match="8 pages are too few"):
        steady(dict.fromkeys(names, 10.0), dict.fromkeys(names, 1.0))


def test_a_speed_has_its_pages_seals_share_of_the_limit_and_idle_cores() -> None:
    names = _names(20)
    finished = {name: 100 + 0.5 * number for number, name in enumerate(names)}
    usage = (Sample(90.0, 7.0, 50.0, 1), Sample(120.0, 37.0, 80.0, 1))  # one core of two
    other = {PageName("010-images/0000.jpg", 1): 1.0}
    found = speed(
        _measured(finished | dict.fromkeys(other, 10.0), usage),
        dict.fromkeys(names, 1.0) | other,
        CELL,
        limit=2.5,
        cores=2,
    )
    assert found.pages == pytest.approx(2.0)
    assert found.seals == pytest.approx(4.0)
    assert found.of_limit == pytest.approx(0.8)
    assert found.idle == pytest.approx(0.5)


def test_the_limit_is_that_of_all_processes_together() -> None:
    one, two = _names(2)
    work = {one: 0.1, two: 0.3, PageName("010-images/0000.jpg", 1): 9.0}
    assert limit_of(work, CELL, processes=2) == pytest.approx(2 * 2 / 0.4)


def test_cpu_time_between_two_samples_is_taken_by_proportion() -> None:
    usage = (Sample(0.0, 0.0, 0.0, 1), Sample(10.0, 10.0, 0.0, 5), Sample(20.0, 10.0, 0.0, 2))
    assert cpu_seconds(usage, 5.0, 15.0) == pytest.approx(5.0)
    assert peak_rss(usage) == 5


def test_what_others_used_is_the_machine_less_the_contestant() -> None:
    usage = (Sample(0.0, 100.0, 1000.0, 1), Sample(10.0, 110.0, 1013.0, 1))
    assert foreign_cores(usage) == pytest.approx(0.3)


def test_the_first_result_counts_from_the_start_of_the_command() -> None:
    one, two = _names(2)
    measured = Measured(90.0, {one: 104.0, two: 99.0}, {}, ())
    assert first_result(measured) == pytest.approx(9.0)
    assert first_result(replace(measured, started=None)) is None


def test_quotients_are_taken_round_by_round_where_both_were_measured() -> None:
    assert quotients([4.0, None, 6.0, 9.0], [2.0, 1.0, None, 3.0]) == [2.0, 3.0]


def test_a_spread_has_the_median_and_both_ends() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert known_spread([None, 1.0]) == Spread(1.0, 1.0, 1.0)
    assert known_spread([None]) is None


def test_the_work_of_a_page_is_its_median_over_the_rounds() -> None:
    (name,) = _names(1)
    assert median_work([{name: 1.0}, {name: 9.0}, {name: 2.0}]) == {name: 2.0}
