"""Rules of belts: bounded by bytes, first in first out, and nobody waits for what never comes."""

from __future__ import annotations

from threading import Thread
from typing import Any

from waiting import until

from sealq_worker.belt import Belt


def putting(belt: Belt[str], item: str, size: int) -> Thread:
    thread = Thread(target=belt.put, args=(item, size), daemon=True)
    thread.start()
    return thread


def taking(belt: Belt[str], **how: Any) -> tuple[Thread, list[str]]:
    taken: list[str] = []
    thread = Thread(target=lambda: taken.extend(belt.take(**how)), daemon=True)
    thread.start()
    return thread, taken


def waits(thread: Thread) -> bool:
    thread.join(0.05)
    return thread.is_alive()


def test_what_is_put_first_is_taken_first() -> None:
    belt = Belt[str](100)
    for item in "abc":
        belt.put(item, 10)
    assert belt.take() == ["a"]
    assert belt.take(at_most=9) == ["b", "c"]


def test_without_room_one_waits_until_something_is_taken() -> None:
    belt = Belt[str](100)
    belt.put("a", 60)
    thread = putting(belt, "b", 41)
    assert waits(thread)
    assert belt.take() == ["a"]
    until(lambda: not thread.is_alive())
    assert belt.take() == ["b"]


def test_what_is_larger_than_the_belt_lies_there_alone() -> None:
    belt = Belt[str](100)
    belt.put("huge", 1000)
    thread = putting(belt, "tiny", 1)
    assert waits(thread)
    assert belt.take(at_most=9) == ["huge"]
    until(lambda: not thread.is_alive())


def test_what_is_lent_takes_its_room_until_it_is_given_back() -> None:
    belt = Belt[str](100)
    belt.put("a", 60)
    with belt.lend() as item:
        assert item == "a"
        thread = putting(belt, "b", 41)
        assert waits(thread)
    until(lambda: not thread.is_alive())
    assert belt.take() == ["b"]


def test_after_the_end_nothing_is_lent() -> None:
    belt = Belt[str](100)
    belt.put("a", 40)
    belt.drop()
    with belt.lend() as item:
        assert item is None


def test_after_the_end_what_is_there_is_taken_and_then_nothing() -> None:
    belt = Belt[str](100)
    belt.put("a", 10)
    belt.end()
    belt.put("b", 10)
    assert [belt.take(), belt.take()] == [["a"], []]


def test_what_is_dropped_is_gone_and_frees_who_waits() -> None:
    belt = Belt[str](100)
    belt.put("a", 100)
    thread = putting(belt, "b", 1)
    belt.drop()
    until(lambda: not thread.is_alive())
    assert belt.take() == []


def test_who_waits_for_something_is_told_of_the_end() -> None:
    belt = Belt[str](100)
    thread, taken = taking(belt)
    belt.end()
    until(lambda: not thread.is_alive())
    assert taken == []


class TestTheFirstWaitsForOthers:
    def test_until_there_are_so_many(self) -> None:
        belt = Belt[str](100)
        belt.put("a", 10)
        thread, taken = taking(belt, at_most=2, within=600)
        assert waits(thread)
        belt.put("b", 10)
        until(lambda: not thread.is_alive())
        assert taken == ["a", "b"]

    def test_no_longer_than_told(self) -> None:
        belt = Belt[str](100)
        belt.put("a", 10)
        assert belt.take(at_most=2, within=0.01) == ["a"]

    def test_not_for_what_never_comes(self) -> None:
        belt = Belt[str](100)
        belt.put("a", 10)
        thread, taken = taking(belt, at_most=2, within=600)
        belt.end()
        until(lambda: not thread.is_alive())
        assert taken == ["a"]

    def test_not_for_what_has_no_room(self) -> None:
        """Who brings it would wait as long, and what is before him too."""
        belt = Belt[str](100)
        belt.put("a", 60)
        thread, taken = taking(belt, at_most=2, within=600)
        putting(belt, "b", 60)
        until(lambda: not thread.is_alive())
        assert taken == ["a"]
