"""Rounds: in each, all contestants read the same pages, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import click

from speedbench.limit import PageWork
from speedbench.machine import load
from speedbench.pages import PageFolder
from speedbench.values import Contestant, Measured, NotMeasuredError, PageName


@dataclass(frozen=True)
class Round:
    """What one round gave.

    Attributes:
        load: Of the machine before it.
        models: What the models alone took for each page, as they are published.
        own_models: The same, as sealq runs them.
        measured: By contestant.
        failures: Why a contestant could not be measured, by contestant.
        cold: Seconds to the first result of a cold `sealq run`; None: not asked for.
    """

    load: float
    models: Mapping[PageName, PageWork]
    own_models: Mapping[PageName, PageWork]
    measured: Mapping[str, Measured]
    failures: Mapping[str, str]
    cold: float | None


@dataclass(frozen=True)
class Course:
    """What a round consists of.

    Attributes:
        folder: The pages.
        contestants: Who reads them.
        models: Measures the models alone, as they are published.
        own_models: Measures them as sealq runs them.
        cold: Measures a cold start; None: left out.
    """

    folder: PageFolder
    contestants: Sequence[Contestant]
    models: Callable[[PageFolder], Mapping[PageName, PageWork]]
    own_models: Callable[[PageFolder], Mapping[PageName, PageWork]]
    cold: Callable[[PageFolder], float] | None

    def run(self, number: int) -> Round:
        """Run a round; every other one goes the other way round.

        Args:
            number: From 0.

        Raises:
            NotMeasuredError: The models alone, or a cold start, can't be measured.
        """
        before = load()
        _say(f"round {number + 1}: load {before:.2f}; the models alone")
        models, own_models = self.models(self.folder), self.own_models(self.folder)
        measured: dict[str, Measured] = {}
        failures: dict[str, str] = {}
        for contestant in self.contestants[:: -1 if number % 2 else 1]:
            _say(f"round {number + 1}: {contestant.name}")
            try:
                measured[contestant.name] = contestant.read(self.folder)
            except NotMeasuredError as exc:
                failures[contestant.name] = str(exc)
        cold = self.cold and self.cold(self.folder)
        return Round(before, models, own_models, measured, failures, cold)


def _say(text: str) -> None:
    click.echo(text, file=sys.stderr)
