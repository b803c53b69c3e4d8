"""The figures of a run as tables for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from sealbench.figures import Mean, Share, as_json
from sealbench.finding import Finding, SlicedFinding
from sealbench.metrics import Cut, FalseAlarms, Quality
from sealbench.reading import Reading
from sealbench.second_look import SecondLookFigures

#: Columns of a terminal that the widest table takes.
WIDTH = 130

#: Of the JSON. Raised when a name in it changes its meaning or goes.
SCHEMA = 1


@dataclass(frozen=True)
class RunName:
    """What was measured."""

    preset: str
    #: The pipeline's digest: it stands for every model file and parameter.
    digest: str
    device: str


def write_json(quality: Quality, run: RunName, path: Path) -> None:
    """Write all figures; docs/sealbench.md describes the fields."""
    data = {"schema": SCHEMA, "run": asdict(run), **as_json(quality)}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def print_report(quality: Quality, file: TextIO) -> None:
    """Print all figures as tables."""
    console = Console(file=file, width=WIDTH)
    for table in _tables(quality):
        console.print(table)
    seconds = ", ".join(f"{stage} {value:.3f}" for stage, value in quality.seconds.items())
    console.print(f"{quality.pages} pages, seconds a page (median): {seconds}")
    for line in quality.failed:
        console.print(f"not read: {line}", markup=False)


def _tables(quality: Quality) -> Iterator[Table]:
    yield _summary(quality)
    yield _slices(quality.whole)
    yield _cut_slices(quality.cut)
    yield _alarms(quality.false_alarms)
    if quality.second_look is not None:
        yield _second_look(quality.second_look)
    yield _texts(quality.texts)


def _summary(quality: Quality) -> Table:
    table = _table("finding", "IoU", "recall", "precision", "mean IoU")
    for at in quality.whole:
        cut = quality.cut[at]
        table.add_row("whole seals", str(at), *_cells(quality.whole[at].all))
        table.add_row("cut seals, by either label", str(at), *_cells(cut.all))
        table.add_row("cut seals, by their own", str(at), _share(cut.named), "", "")
        table.add_row("tax marks", str(at), *_cells(quality.tax_mark[at]))
    return table


def _slices(whole: Mapping[float, SlicedFinding]) -> Table:
    first, *others = whole
    names = [f"{figure} {at}" for at in whole for figure in ("recall", "precision")]
    table = _table("by", "", *names, f"mean IoU {first}")
    table.title = "whole seals"
    for name, slices in whole[first].by.items():
        for value in slices:
            found = [whole[at].by[name].get(value) for at in (first, *others)]
            shares = [cell for one in found for cell in (_cells(one)[:2] if one else ("", ""))]
            table.add_row(name, value, *shares, _mean(slices[value].mean_iou))
        table.add_section()
    return table


def _cut_slices(cut: Mapping[float, Cut]) -> Table:
    table = _table("by", "", *(f"recall {at}" for at in cut))
    table.title = "cut seals, by either label"
    for name, slices in next(iter(cut.values())).recall_by.items():
        for value in slices:
            shares = (cut[at].recall_by[name].get(value) for at in cut)
            table.add_row(name, value, *(_share(share) if share else "" for share in shares))
        table.add_section()
    return table


def _alarms(alarms: FalseAlarms) -> Table:
    table = _table("taken for a seal", "on sealless pages", "on all pages", "share of its kind")
    for kind in sorted({*alarms.causes_everywhere, *alarms.taken}):
        share = alarms.taken.get(kind)
        table.add_row(
            kind,
            str(alarms.causes.get(kind, 0)),
            str(alarms.causes_everywhere.get(kind, 0)),
            _share(share) if share else "",
        )
    rate = "" if alarms.per_100_pages is None else f", {alarms.per_100_pages:.1f} in 100 pages"
    table.caption = (
        f"{alarms.sealless_pages} sealless pages: {alarms.seal} boxes labelled seal{rate}; "
        f"{alarms.cut_seal} labelled cut_seal"
    )
    return table


def _second_look(figures: SecondLookFigures) -> Table:
    table = _table("pages called empty, how surely", "", "hold no whole seal")
    for certainty, share in figures.empty.items():
        table.add_row(certainty, "", _share(share))
    table.caption = (
        f"looked at again: {_share(figures.pages)} of the pages, {figures.seconds:.3f} s each, "
        f"{figures.seconds_per_page:.3f} s a page over all; of the whole seals missed there it "
        f"found {_share(figures.found)}, with {figures.alarms} false alarms"
    )
    return table


def _texts(texts: Reading) -> Table:
    table = _table("texts by", "", "exact", "nearly (0.8)", "seal found")
    table.add_row("all", "", *map(_share, (texts.all.exact, texts.all.near, texts.all.found)))
    for name, slices in texts.by.items():
        table.add_section()
        for value, recall in slices.items():
            shares = map(_share, (recall.exact, recall.near, recall.found))
            table.add_row(name, value, *shares)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title_justify="left", caption_justify="left")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position > 1 else "left", no_wrap=True)
    return table


def _cells(finding: Finding) -> tuple[str, str, str]:
    return _share(finding.recall), _share(finding.precision), _mean(finding.mean_iou)


def _share(share: Share) -> str:
    value = "-" if share.value is None else f"{share.value:.3f}"
    return f"{value} ({share.hits}/{share.of})"


def _mean(mean: Mean) -> str:
    return "-" if mean.value is None else f"{mean.value:.3f} ({mean.of})"
