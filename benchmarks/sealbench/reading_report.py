"""The figures of a comparison as tables for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from sealbench.curve import Curve
from sealbench.figures import Share, as_json
from sealbench.reading_figures import Compared, Cost, FieldFigures, ReadingFigures
from sealq_storage.readings import FieldName
from sealq_worker.careful.calibration import PROMISED, RELIABLE

#: Columns of a terminal that the widest table takes.
WIDTH = 110

#: Of the JSON. Raised when a name in it changes its meaning or goes.
SCHEMA = 1


@dataclass(frozen=True)
class Comparison:
    """All that is reported.

    Attributes:
        preset: Whose models were used.
        split: Of the bench.
        first_seed: Of the first page.
        figures: Stock and careful side by side.
        curves: Calibration, of `all` texts and by field.
    """

    preset: str
    split: str
    first_seed: int
    figures: ReadingFigures
    curves: Mapping[str, Curve]


def write_json(comparison: Comparison, path: Path) -> None:
    """Write all figures; docs/sealbench.md describes the fields."""
    data = {"schema": SCHEMA, **as_json(comparison)}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def print_report(comparison: Comparison, file: TextIO) -> None:
    """Print all figures as tables."""
    console = Console(file=file, width=WIDTH)
    figures = comparison.figures
    console.print(f"{figures.seals} seals, {comparison.split}, from seed {comparison.first_seed}")
    console.print(_summary(figures.fields))
    for name, field in figures.fields.items():
        if field.all.stock_exact.of:
            console.print(_slices(name, field))
    for title, curve in comparison.curves.items():
        console.print(_curve(title, curve))
    for line in _cost(figures.cost):
        console.print(line)


def _summary(fields: Mapping[FieldName, FieldFigures]) -> Table:
    table = _table("field", "", *_COLUMNS)
    for name, field in fields.items():
        rows = {
            "all": field.all,
            "large characters": field.large,
            "large and clean": field.clean,
            "large, clean, upright": field.clean_upright,
        }
        for label, compared in rows.items():
            table.add_row(name, label, *_cells(compared))
        table.add_section()
    return table


def _slices(name: FieldName, field: FieldFigures) -> Table:
    table = _table("by", "", *_COLUMNS[:2], *(f"{column}, large" for column in _COLUMNS[:2]))
    table.title = name
    for by, slices in field.by.items():
        for value, compared in slices.items():
            large = field.large_by[by].get(value)
            table.add_row(by, value, *_cells(compared)[:2], *(_cells(large)[:2] if large else ()))
        table.add_section()
    return table


def _curve(title: str, curve: Curve) -> Table:
    table = _table("score", "", "mean score", "exact")
    table.title = f"calibration: {title}"
    for decile in curve.deciles:
        score = "-" if decile.score.value is None else f"{decile.score.value:.3f}"
        table.add_row(f"{decile.low:.1f}-", "", score, _share(decile.exact))
    table.caption = f"{RELIABLE} or more: {_share(curve.reliable)} exact, {PROMISED} is promised"
    return table


def _cost(cost: Cost) -> Iterator[str]:
    yield (
        f"seconds a seal: stock {cost.stock_median:.3f} median, {cost.stock_mean:.3f} mean; "
        f"careful {cost.careful_median:.3f}, {cost.careful_mean:.3f}; "
        f"ratio {cost.ratio_of_medians:.2f}, {cost.ratio_of_means:.2f}"
    )
    yield f"passes a seal: stock {cost.stock_passes:.1f}, careful {cost.careful_passes:.1f}"


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title_justify="left", caption_justify="left")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position > 1 else "left", no_wrap=True)
    return table


def _cells(compared: Compared) -> tuple[str, str, str, str]:
    exact = _share(compared.stock_exact), _share(compared.careful_exact)
    return *exact, _share(compared.stock_near), _share(compared.careful_near)


def _share(share: Share) -> str:
    value = "-" if share.value is None else f"{share.value:.3f}"
    return f"{value} ({share.hits}/{share.of})"


_COLUMNS = ("stock exact", "careful exact", "stock near", "careful near")
