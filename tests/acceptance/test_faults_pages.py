"""Pages that end, stop or fill the process that reads them: each alone becomes a dead letter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fakes import settings_for
from fault_stack import FaultStack, fault_stack
from faulty_pages import EATS, ENDS_WHEN_OPENED, FAILS, HANGS, SEGFAULTS, document, harmless

from sealq_producer.cli import main

#: Attempts that a page has.
ATTEMPTS = 2
#: Shades of the pages of the document that has them all.
SHADES = (100, SEGFAULTS, HANGS, 101, EATS, FAILS, 102)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[FaultStack]:
    """Read good pages and poisonous ones together, until all is over."""
    home = tmp_path_factory.mktemp("poison")
    settings = settings_for(
        home,
        f"sqlite:///{home / 'sealq.db'}",
        redis_server,
        max_attempts=ATTEMPTS,
        page_seconds=4,
        worker_memory_mb=700,
    )
    with fault_stack(settings) as stack:
        stack.add("mixed.tif", document(*SHADES))
        stack.add("opening.tif", document(ENDS_WHEN_OPENED, 103))
        stack.add("good.tif", harmless(3, first=110))
        stack.submit("mixed.tif", "opening.tif", "good.tif")
        with stack.working(FAULTY_POISON="1"):
            stack.until_all_is_final()
        yield stack


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        (("mixed.tif", 2), "crashed"),  # a segmentation fault
        (("mixed.tif", 3), "timed_out"),  # a hang in C
        (("mixed.tif", 5), "out_of_memory"),
        (("mixed.tif", 6), "reading_failed"),  # an exception
        (("opening.tif", 1), "crashed"),  # when the document is opened
        (("opening.tif", 2), "crashed"),
    ],
)
def test_a_poisonous_page_is_a_dead_letter_with_its_cause(
    poisoned: FaultStack, page: tuple[str, int], cause: str
) -> None:
    assert poisoned.pages()[page] == ("failed", cause, ATTEMPTS)


def test_its_neighbours_are_read_at_their_first_attempt(poisoned: FaultStack) -> None:
    neighbours = [("mixed.tif", number) for number in (1, 4, 7)]
    neighbours += [("good.tif", number) for number in (1, 2, 3)]
    pages = poisoned.pages()
    assert [pages[page] for page in neighbours] == [("done", None, 1)] * 6


def call(stack: FaultStack, *arguments: str) -> Result:
    done = CliRunner().invoke(main, arguments, env=stack.settings.environment())
    assert done.exit_code == 0, done.output
    return done


def letters(stack: FaultStack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call(stack, "dead", "list", "--format", "json").stdout)
    return found


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (2, "The reading process ended (killed by SIGSEGV) when it had to read the page."),
        (3, "It took longer than 4 s to read the page (SEALQ_PAGE_SECONDS)."),
        (5, "the limit is 700 (SEALQ_WORKER_MEMORY_MB)."),
        (6, "Reading it failed: ZeroDivisionError('a box without width')."),
    ],
)
def test_a_dead_letter_says_what_happened(poisoned: FaultStack, number: int, reason: str) -> None:
    (letter,) = [
        each
        for each in letters(poisoned)
        if each["page"] == number and Path(each["document"]).name == "mixed.tif"
    ]
    assert reason in letter["error"]
    assert letter["attempts"] == ATTEMPTS
    assert "-0-cpu" in letter["worker"]
    shown = call(poisoned, "dead", "show", letter["id"]).stdout
    for value in letter.values():
        assert str(value) in shown


def test_the_list_has_all_of_them_and_nothing_else(poisoned: FaultStack) -> None:
    places = {(Path(each["document"]).name, each["page"]) for each in letters(poisoned)}
    dead = {page for page, (state, _, _) in poisoned.pages().items() if state == "failed"}
    assert places == dead


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["show", "p999"], "p999: there is no such dead letter. `sealq dead list` lists them."),
        (["show", "17"], "17: there is no such dead letter."),
        (["requeue", "p1", "x1"], "x1: there is no such dead letter."),
        (["requeue"], "Name dead letters"),
        (["requeue", "p1", "--job", "last"], "Name dead letters"),
    ],
)
def test_what_is_no_dead_letter_is_refused_with_exit_code_2(
    poisoned: FaultStack, arguments: list[str], reason: str
) -> None:
    before = poisoned.pages()
    environment = poisoned.settings.environment()
    done = CliRunner().invoke(main, ["dead", *arguments], env=environment)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert poisoned.pages() == before


def test_requeued_to_a_worker_that_can_read_them_they_are_read_as_if_nothing_had_been(
    poisoned: FaultStack,
) -> None:
    """Of one and several by their ids, and of a whole job; none of them twice."""
    ids = [each["id"] for each in letters(poisoned)]
    assert (
        "Due again: 0 documents and 2 pages." in call(poisoned, "dead", "requeue", *ids[:2]).stderr
    )
    again = call(poisoned, "dead", "requeue", *ids[:2]).stderr
    assert "Due again: 0 documents and 0 pages." in again
    assert "no dead letters any more" in again
    rest = call(poisoned, "dead", "requeue", "--job", "last").stderr
    assert "Due again: 0 documents and 4 pages." in rest
    assert letters(poisoned) == []
    with poisoned.working():
        poisoned.until_all_is_final()
    assert set(poisoned.attempts()) == {1}
    poisoned.check_nothing_is_lost_or_doubled()
