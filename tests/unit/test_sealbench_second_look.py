"""What the bench says of the second look, on truths made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealbench.figures import Share
from sealbench.match import Box, Found
from sealbench.metrics import measure
from sealbench.outcome import PageOutcome
from sealbench.second_look import SecondLookFigures
from sealbench.truth import PageTruth, SealTruth

HERE: Box = (100, 100, 200, 200)
THERE: Box = (300, 300, 400, 400)
SEAL = SealTruth("a", "seal", HERE, (), "round", "red", 0.0, 1.0, ("plain",), ())
PAGE = PageTruth("contract", "scan", 150, "white", 0, None, 1000, 1400, (), ())


def looked_again(
    seals: list[SealTruth], *boxes: Box, seconds: float = 0.1, empty: float | None = None
) -> PageOutcome:
    found = tuple(Found("seal", box, 0.9, (), "second_look") for box in boxes)
    page = replace(PAGE, seals=tuple(seals))
    return PageOutcome("a.png", 1, "png", page, found, {"second_look": seconds}, None, empty)


def not_again() -> PageOutcome:
    page = replace(PAGE, seals=(SEAL,))
    return PageOutcome("b.png", 1, "png", page, (Found("seal", HERE, 0.9),), {"read": 0.3})


def figures(*outcomes: PageOutcome) -> SecondLookFigures:
    found = measure(outcomes).second_look
    assert found is not None
    return found


def test_no_page_looked_at_again_gives_no_figures() -> None:
    assert measure([not_again()]).second_look is None


def test_gain_is_of_what_the_first_look_missed_on_these_pages() -> None:
    """Of three missed seals one is found; the box beside it lies on nothing."""
    there = replace(SEAL, box=THERE)
    found = figures(looked_again([SEAL, there], HERE, (600, 600, 700, 700)), looked_again([SEAL]))
    assert (found.found, found.alarms) == (Share(1, 3), 1)


def test_cost_is_told_for_a_page_looked_at_again_and_for_all_pages() -> None:
    again = [looked_again([], seconds=seconds, empty=0.9) for seconds in (0.1, 0.1, 0.4)]
    found = figures(*again, not_again(), not_again(), not_again())
    assert found.pages == Share(3, 6)
    assert found.seconds == pytest.approx(0.1)
    assert found.seconds_per_page == pytest.approx(0.6 / 6)


def test_certainty_is_held_against_the_truth() -> None:
    """Of two pages called empty for sure one holds a seal; a cut one does not count.

    What was sure at the first look is held against it as well.
    """
    cut = replace(SEAL, label="cut")
    found = figures(
        replace(looked_again([], empty=0.92), seconds={}),
        looked_again([cut], empty=0.99),
        looked_again([SEAL], empty=0.985),
        looked_again([], empty=0.85),
        looked_again([SEAL], HERE, empty=None),
    )
    assert found.empty == {
        "all": Share(3, 4),
        "0.80-0.90": Share(1, 1),
        "0.90-0.95": Share(1, 1),
        "0.98-1.00": Share(1, 2),
    }
