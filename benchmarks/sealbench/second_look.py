"""What the second look at pages that seem empty costs and gains."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealbench.figures import Share
from sealbench.match import PageMatch
from sealbench.outcome import PageOutcome

#: What regions that it found say, and the stage that it takes.
SECOND_LOOK = "second_look"

#: Lower ends of the slices by how surely a page is empty.
_CERTAINTIES = (0.0, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True)
class SecondLookFigures:
    """What it cost and what it gained.

    Attributes:
        pages: Pages that were looked at again, of all.
        found: Whole seals that only the second look found, of those the first had missed on
            these pages.
        alarms: Boxes of the second look that lie on no whole seal.
        seconds: Median of a page that was looked at again; None where there was none.
        seconds_per_page: What it adds to a page on average, over all pages.
        empty: Pages called empty that hold no whole seal, all and by how surely (`0.95-0.98`).
    """

    pages: Share
    found: Share
    alarms: int
    seconds: float | None
    seconds_per_page: float
    empty: Mapping[str, Share]


def second_look(pages: Sequence[tuple[PageOutcome, PageMatch]]) -> SecondLookFigures | None:
    """Sum up; None where no page was looked at again.

    Args:
        pages: Pages with how their boxes match.
    """
    again = [(outcome, match) for outcome, match in pages if SECOND_LOOK in outcome.seconds]
    if not again:
        return None
    seconds = [outcome.seconds[SECOND_LOOK] for outcome, _ in again]
    hits = [pair for _, match in again for pair in match.whole.hits]
    found = sum(pair.found.found_by == SECOND_LOOK for pair in hits)
    missed = sum(len(match.whole.missed) for _, match in again)
    return SecondLookFigures(
        pages=Share(len(again), len(pages)),
        found=Share(found, found + missed),
        alarms=sum(
            alarm.found.found_by == SECOND_LOOK
            for _, match in again
            for alarm in match.whole.alarms
        ),
        seconds=statistics.median(seconds),
        seconds_per_page=sum(seconds) / len(pages),
        empty=dict(_empty([outcome for outcome, _ in pages])),
    )


def _empty(outcomes: Sequence[PageOutcome]) -> Iterator[tuple[str, Share]]:
    called = [outcome for outcome in outcomes if outcome.empty_score is not None]
    yield "all", _share_empty(called)
    for lower, upper in zip(_CERTAINTIES, (*_CERTAINTIES[1:], 1.01), strict=True):
        within = [one for one in called if lower <= (one.empty_score or 0.0) < upper]
        if within:
            yield f"{lower:.2f}-{min(upper, 1.0):.2f}", _share_empty(within)


def _share_empty(outcomes: Sequence[PageOutcome]) -> Share:
    empty = sum(not one.truth.whole_seals for one in outcomes)
    return Share(empty, len(outcomes))
