"""The figures of all rounds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from speedbench.answers import Agreement, compare
from speedbench.contestants import OURS
from speedbench.limit import PageWork
from speedbench.pages import Cell, PageFolder
from speedbench.rounds import Round
from speedbench.speeds import (
    Speed,
    Spread,
    first_result,
    foreign_cores,
    known_spread,
    limit_of,
    median_work,
    peak_rss,
    quotients,
    speed,
    spread,
)
from speedbench.values import Measured, PageName

#: What the models took for each page.
PageWorks = Mapping[PageName, PageWork]


@dataclass(frozen=True)
class CellFigures:
    """A contestant on the pages of one cell.

    Attributes:
        pages: Pages a second.
        seals: Seals a second.
        of_limit: Share of what the models alone would do, as they are published.
        idle: Share of the cores' time left unused.
        ours: sealq's pages a second divided by these; None: it is sealq, or that did not take part.
        stages: Mean milliseconds a page, by stage, where the contestant tells.
    """

    pages: Spread
    seals: Spread
    of_limit: Spread
    idle: Spread
    ours: Spread | None
    stages: Mapping[str, float]


@dataclass(frozen=True)
class ContestantFigures:
    """A contestant over all rounds.

    Attributes:
        cells: By name.
        first_result: Seconds from the start of its command; None: it was warm.
        peak_rss: Bytes of all its processes.
        foreign: Cores that others kept busy meanwhile.
        agreement: How far it says what sealq says; None: it is sealq, or that did not take part.
    """

    cells: Mapping[str, CellFigures]
    first_result: Spread | None
    peak_rss: int
    foreign: Spread
    agreement: Agreement | None


@dataclass(frozen=True)
class ModelFigures:
    """What the models alone do on a cell.

    Attributes:
        pages: Pages a second, all processes together.
        milliseconds: Mean a page, by model.
        calls: Mean a page, by model.
    """

    pages: float
    milliseconds: Mapping[str, float]
    calls: Mapping[str, float]


@dataclass(frozen=True)
class Figures:
    """All that was measured.

    Attributes:
        cells: What was read.
        models: By cell, as they are published.
        own_models: By cell, as sealq runs them.
        contestants: By name; those that were measured.
        failures: Why a contestant was not measured, by name.
        cold: Seconds to the first result of a cold `sealq run`.
        loads: Of the machine before each round.
    """

    cells: tuple[Cell, ...]
    models: Mapping[str, ModelFigures]
    own_models: Mapping[str, ModelFigures]
    contestants: Mapping[str, ContestantFigures]
    failures: Mapping[str, str]
    cold: Spread | None
    loads: tuple[float, ...]


class Rounds:
    """Rounds on one folder, and how they are summed up."""

    def __init__(self, folder: PageFolder, rounds: Sequence[Round], cores: int) -> None:
        self._cells = folder.cells
        self._rounds = rounds
        self._cores = cores
        self._published = [each.models for each in rounds]
        self._work = _median_seconds(self._published)

    def figures(self) -> Figures:
        """Sum all rounds up.

        Raises:
            TooFewPagesError: A cell was too small.
        """
        names = dict.fromkeys(name for each in self._rounds for name in each.measured)
        return Figures(
            cells=self._cells,
            models=self._models_alone(self._published),
            own_models=self._models_alone([each.own_models for each in self._rounds]),
            contestants={name: self._contestant(name) for name in names},
            failures={
                name: reason for each in self._rounds for name, reason in each.failures.items()
            },
            cold=known_spread(each.cold for each in self._rounds),
            loads=tuple(each.load for each in self._rounds),
        )

    def _models_alone(self, rounds: Sequence[PageWorks]) -> dict[str, ModelFigures]:
        work = _median_seconds(rounds)
        return {cell.name: self._cell_of(cell.name, rounds, work) for cell in self._cells}

    def _cell_of(
        self, cell: str, rounds: Sequence[PageWorks], work: Mapping[PageName, float]
    ) -> ModelFigures:
        pages = [page for each in rounds for name, page in each.items() if name.cell == cell]
        return ModelFigures(
            pages=limit_of(work, cell, self._cores),
            milliseconds={key: 1000 * value for key, value in _means(pages, "seconds").items()},
            calls=_means(pages, "calls"),
        )

    def _contestant(self, name: str) -> ContestantFigures:
        measured = self._all(name)
        ours = self._all(OURS)
        return ContestantFigures(
            cells={cell.name: self._cell(name, cell.name) for cell in self._cells},
            first_result=known_spread(map(first_result, measured)),
            peak_rss=max(peak_rss(each.usage) for each in measured),
            foreign=spread(foreign_cores(each.usage) for each in measured),
            agreement=compare(ours[0].answers, measured[0].answers)
            if ours and name != OURS
            else None,
        )

    def _cell(self, name: str, cell: str) -> CellFigures:
        speeds = self._speeds(name, cell)
        known = [each for each in speeds if each]
        against = quotients(_pages(self._speeds(OURS, cell)), _pages(speeds))
        return CellFigures(
            pages=spread(each.pages for each in known),
            seals=spread(each.seals for each in known),
            of_limit=spread(each.of_limit for each in known),
            idle=spread(each.idle for each in known),
            ours=None if name == OURS else known_spread(against),
            stages=_stages(self._all(name), cell),
        )

    def _speeds(self, name: str, cell: str) -> list[Speed | None]:
        """Return a contestant's speed in each round, None where it was not measured."""
        limit = limit_of(self._work, cell, self._cores)
        return [
            speed(each.measured[name], self._work, cell, limit, self._cores)
            if name in each.measured
            else None
            for each in self._rounds
        ]

    def _all(self, name: str) -> list[Measured]:
        return [each.measured[name] for each in self._rounds if name in each.measured]


def _median_seconds(rounds: Sequence[PageWorks]) -> dict[PageName, float]:
    return median_work([{name: page.total for name, page in each.items()} for each in rounds])


def _pages(speeds: Sequence[Speed | None]) -> list[float | None]:
    return [each.pages if each else None for each in speeds]


def _means(pages: Sequence[PageWork], what: str) -> dict[str, float]:
    sums: Counter[str] = Counter()
    for page in pages:
        sums.update(getattr(page, what))
    return {model: value / len(pages) for model, value in sums.items()}


def _stages(measured: Sequence[Measured], cell: str) -> dict[str, float]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for each in measured:
        for name, seconds in each.stages.items():
            if name.cell == cell:
                for stage, value in seconds.items():
                    found[stage].append(1000 * value)
    return {stage: mean(values) for stage, values in found.items()}
