"""From finished pages to pages a second, shares and quotients, and medians over the rounds.

Which pages a contestant finishes first is its own affair, and pages differ: one without a seal
takes a tenth of one with a seal. So progress is counted in the models' own seconds, not in pages.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from statistics import median

from sealq_configs.errors import SealqError
from speedbench.values import Measured, PageName, Sample

#: Share of a cell's work that is done when its steady part begins, and when it ends: before, a
#: program gets under way; after, one of its processes may wait for the other.
STEADY = (0.1, 0.9)


class TooFewPagesError(SealqError):
    """Too few pages were finished one after the other to speak of a speed: take more."""


@dataclass(frozen=True)
class Span:
    """The steady part of a cell.

    Attributes:
        begin: Unix time.
        end: Unix time.
        share: Of the cell's work that was done between them.
    """

    begin: float
    end: float
    share: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


@dataclass(frozen=True)
class Speed:
    """How fast a contestant read a cell in one round.

    Attributes:
        pages: Pages a second.
        seals: Seals a second, as it found them.
        of_limit: `pages` as a share of what the models alone would do.
        idle: Share of the cores' time that the contestant left unused.
    """

    pages: float
    seals: float
    of_limit: float
    idle: float


@dataclass(frozen=True)
class Spread:
    """A figure over the rounds."""

    median: float
    least: float
    most: float


def speed(
    measured: Measured, work: Mapping[PageName, float], cell: str, limit: float, cores: int
) -> Speed:
    """Return how fast a cell was read.

    Args:
        measured: A contestant's round.
        work: Seconds that the models alone take for each page of all cells.
        cell: Name of a cell.
        limit: Pages a second that the models alone would do in the cell.
        cores: Of the machine.

    Raises:
        TooFewPagesError: The cell was too small.
    """
    names = [name for name in measured.finished if name.cell == cell]
    span = steady({name: measured.finished[name] for name in names}, work)
    per_second = span.share / span.seconds
    pages = len(names) * per_second
    return Speed(
        pages=pages,
        seals=sum(len(measured.answers[name]) for name in names) * per_second,
        of_limit=pages / limit,
        idle=1 - cpu_seconds(measured.usage, span.begin, span.end) / (span.seconds * cores),
    )


def steady(finished: Mapping[PageName, float], work: Mapping[PageName, float]) -> Span:
    """Return the steady part of some pages, by when each was finished.

    Raises:
        TooFewPagesError: All were finished at once, or within the beginning or the end.
    """
    whole = sum(work[name] for name in finished)
    done, steps = 0.0, []
    moments = sorted((at, work[name]) for name, at in finished.items())
    for at, pages in groupby(moments, key=itemgetter(0)):
        done += sum(seconds for _, seconds in pages)
        steps.append((done / whole, at))
    begin, end = (steps[min(bisect_left(steps, (mark,)), len(steps) - 1)] for mark in STEADY)
    if end[1] <= begin[1]:
        raise TooFewPagesError(f"{len(finished)} pages are too few to measure: take more.")
    return Span(begin[1], end[1], end[0] - begin[0])


def limit_of(work: Mapping[PageName, float], cell: str, processes: int) -> float:
    """Return the pages a second that the models alone would do in a cell."""
    seconds = [taken for name, taken in work.items() if name.cell == cell]
    return processes * len(seconds) / sum(seconds)


def cpu_seconds(usage: Sequence[Sample], begin: float, end: float) -> float:
    """Return the CPU time used between two moments."""
    return _cpu_at(usage, end) - _cpu_at(usage, begin)


def foreign_cores(usage: Sequence[Sample]) -> float:
    """Return how many cores others than the contestant kept busy while it ran."""
    first, last = usage[0], usage[-1]
    machine = last.machine_cpu_seconds - first.machine_cpu_seconds
    own = last.cpu_seconds - first.cpu_seconds
    return max(0.0, machine - own) / (last.at - first.at)


def peak_rss(usage: Sequence[Sample]) -> int:
    """Return the most bytes that the contestant's processes had in memory together."""
    return max(sample.rss for sample in usage)


def first_result(measured: Measured) -> float | None:
    """Return the seconds from a contestant's start to its first page; None: it was warm."""
    if measured.started is None:
        return None
    return min(measured.finished.values()) - measured.started


def spread(values: Iterable[float]) -> Spread:
    """Return the median of some figures, and how far they lie apart."""
    known = sorted(values)
    return Spread(median(known), known[0], known[-1])


def known_spread(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of those figures that are known; None: none is."""
    known = [value for value in values if value is not None]
    return spread(known) if known else None


def quotients(ours: Sequence[float | None], theirs: Sequence[float | None]) -> list[float]:
    """Return ours divided by theirs, round by round, where both were measured."""
    pairs = zip(ours, theirs, strict=True)
    return [one / other for one, other in pairs if one is not None and other is not None]


def median_work(rounds: Sequence[Mapping[PageName, float]]) -> dict[PageName, float]:
    """Return each page's median over the rounds."""
    return {name: median(each[name] for each in rounds) for name in rounds[0]}


def _cpu_at(usage: Sequence[Sample], at: float) -> float:
    """Return the CPU time used up to a moment, between two samples by proportion."""
    after = min(max(1, bisect_left(usage, at, key=lambda sample: sample.at)), len(usage) - 1)
    one, other = usage[after - 1], usage[after]
    share = (at - one.at) / (other.at - one.at)
    return one.cpu_seconds + share * (other.cpu_seconds - one.cpu_seconds)
