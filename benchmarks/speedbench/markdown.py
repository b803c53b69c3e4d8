"""The report, as docs/performance.md shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from speedbench.contestants import OURS
from speedbench.figures import CellFigures, ContestantFigures, Figures, ModelFigures
from speedbench.machine import Machine
from speedbench.speeds import Spread

#: Cores that others may keep busy before the report warns: a fortieth of a core is housekeeping.
QUIET_CORES = 0.05

_MIB = 1 << 20


def markdown(figures: Figures, machine: Machine, rounds: int, preset: str) -> str:
    """Return the report of a run."""
    tables = {
        "Pages a second (median; least to most of the rounds):": _cells(
            figures, lambda cell: _spread(cell.pages, 2), first=_first_rows(figures)
        ),
        "sealq's pages a second, divided by each peer's of the same round:": _cells(
            figures, lambda cell: _spread(cell.ours, 2)
        ),
        "Share of what the models alone would do on all cores:": _cells(
            figures, lambda cell: f"{cell.of_limit.median:.0%}", last=_own_shares(figures)
        ),
        "Seals a second:": _cells(figures, lambda cell: f"{cell.seals.median:.2f}"),
        "Share of the cores' time that was left unused:": _cells(
            figures, lambda cell: f"{cell.idle.median:.0%}"
        ),
        "Seconds from the start of a command to its first page, memory, and results:": _whole(
            figures
        ),
        "Milliseconds a page of each model as it is published, and calls a page:": _models(
            figures, figures.models
        ),
        "The same, of the models as sealq runs them:": _models(figures, figures.own_models),
        "Milliseconds a page of each stage of sealq; stages overlap:": _stages(figures),
    }
    parts = [
        _head(figures, machine, rounds, preset),
        *_warnings(figures),
        *(f"{title}\n\n{table}" for title, table in tables.items() if table),
        *_differences(figures),
        *_failures(figures),
    ]
    return "\n\n".join(parts) + "\n"


def _head(figures: Figures, machine: Machine, rounds: int, preset: str) -> str:
    loads = ", ".join(f"{load:.2f}" for load in figures.loads)
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gb} GiB; {machine.system}; "
        f"{machine.packages}. Preset `{preset}`, rounds: {rounds}. "
        f"Load before the rounds: {loads}."
    )


def _warnings(figures: Figures) -> Iterator[str]:
    for name, each in figures.contestants.items():
        if each.foreign.most > QUIET_CORES:
            yield (
                f"**Not quiet**: while {name} read, other programs kept up to "
                f"{each.foreign.most:.2f} cores busy."
            )


def _first_rows(figures: Figures) -> list[list[str]]:
    alone, own = (
        [f"{models[cell.name].pages:.2f}" for cell in figures.cells]
        for models in (figures.models, figures.own_models)
    )
    pages = [str(cell.pages) for cell in figures.cells]
    return [["pages read", *pages], ["the models alone", *alone], [f"{OURS}'s models alone", *own]]


def _own_shares(figures: Figures) -> list[list[str]]:
    """Return the share of what the models would do as sealq runs them."""
    ours = figures.contestants.get(OURS)
    if ours is None:
        return []
    limits = (figures.own_models[cell.name].pages for cell in figures.cells)
    pages = (ours.cells[cell.name].pages.median for cell in figures.cells)
    shares = [f"{each / limit:.0%}" for each, limit in zip(pages, limits, strict=True)]
    return [[f"{OURS}, of its own models", *shares]]


def _cells(
    figures: Figures,
    value: Callable[[CellFigures], str],
    first: Sequence[Sequence[str]] = (),
    last: Sequence[Sequence[str]] = (),
) -> str:
    """Return a table with a row for each contestant and a column for each cell."""
    rows = [
        [name, *(value(each.cells[cell.name]) for cell in figures.cells)]
        for name, each in figures.contestants.items()
    ]
    return _table(
        ["", *_headings(figures)], [*first, *(row for row in rows if any(row[1:])), *last]
    )


def _headings(figures: Figures) -> list[str]:
    names = {"images": "images", "pdfs": "PDFs"}
    return [f"{cell.share} % sealed, {names[cell.kind]}" for cell in figures.cells]


def _whole(figures: Figures) -> str:
    rows = [
        [name, _spread(each.first_result, 1), str(each.peak_rss // _MIB), _agreement(each)]
        for name, each in figures.contestants.items()
    ]
    if figures.cold:
        rows.append(["cold `sealq run`", _spread(figures.cold, 1), "", ""])
    return _table(["", "first page, s", "peak memory, MiB", "pages unlike sealq's"], rows)


def _agreement(each: ContestantFigures) -> str:
    found = each.agreement
    return f"{found.differing_pages} of {found.pages}" if found else ""


def _models(figures: Figures, alone: Mapping[str, ModelFigures]) -> str:
    models = sorted({name for each in alone.values() for name in each.milliseconds})
    rows = [
        [
            name,
            *(
                f"{each.milliseconds.get(name, 0):.1f} ({each.calls.get(name, 0):.2f})"
                for each in alone.values()
            ),
        ]
        for name in models
    ]
    return _table(["", *_headings(figures)], rows)


def _stages(figures: Figures) -> str:
    ours = figures.contestants.get(OURS)
    cells = ours.cells.values() if ours else ()
    stages = dict.fromkeys(stage for cell in cells for stage in cell.stages)
    rows = [[stage, *(f"{cell.stages.get(stage, 0):.1f}" for cell in cells)] for stage in stages]
    return _table(["", *_headings(figures)], rows)


def _differences(figures: Figures) -> Iterator[str]:
    lines = [
        f"- {name}: {difference}"
        for name, each in figures.contestants.items()
        for difference in (each.agreement.differing if each.agreement else ())
    ]
    if lines:
        yield "What sealq says and others do not:\n\n" + "\n".join(lines)


def _failures(figures: Figures) -> Iterator[str]:
    for name, reason in figures.failures.items():
        yield f"**{name} can't be measured**: {reason}"


def _spread(value: Spread | None, digits: int) -> str:
    if value is None:
        return ""
    text = f"{value.median:.{digits}f}"
    if value.least == value.most:
        return text
    return f"{text} ({value.least:.{digits}f} to {value.most:.{digits}f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
