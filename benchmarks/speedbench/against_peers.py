"""sealq beside its peers, in one run: `python -m speedbench.against_peers --help`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from sealq_configs.errors import SealqError, WrongUseError
from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings
from speedbench.contestants import ON_DEMAND, contestants
from speedbench.figures import Figures, Rounds
from speedbench.limit import models_alone
from speedbench.machine import Machine, as_installed, this_machine
from speedbench.markdown import markdown
from speedbench.pages import KINDS, Kind, page_folder
from speedbench.pipeline_file import (
    pipeline_of,
    published_pipeline_of,
    with_threads,
    write_pipeline,
)
from speedbench.rounds import Course
from speedbench.sealq_command import ColdSealq
from speedbench.values import Contestant

#: Of the JSON. Raised when a name in it changes its meaning or goes.
SCHEMA = 1

#: Between these lines of a document stands the report.
_MARKS = re.compile(r"(<!-- bench-speed -->\n).*?(\n<!-- /bench-speed -->)", re.DOTALL)


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes:
        preset: Of sealq; the peers get its models and thresholds.
        pages: Of each cell.
        rounds: How often all is measured.
        kinds: Of files.
        only: Names of contestants; none: all but those that draw pictures.
        seed: Of the pages.
    """

    preset: str
    pages: int
    rounds: int
    kinds: tuple[Kind, ...]
    only: tuple[str, ...]
    seed: int


def measure(plan: Plan, machine: Machine, *, peers: Path, samples: Path, out: Path) -> Figures:
    """Draw the pages where they are missing, run all rounds and sum them up.

    Raises:
        SealqError: The models can't be had or run, or there are too few pages.
    """
    models = ModelCache(load_settings().settings.models_dir)
    folder = page_folder(out / "pages", plan.pages, plan.kinds, plan.seed)
    everybody = contestants(plan.preset, models, peers=peers, samples=samples, work=out)
    published, own = (
        write_pipeline(with_threads(pipeline(plan.preset, models), 1), out / f"{name}-alone.yaml")
        for name, pipeline in (("published", published_pipeline_of), ("own", pipeline_of))
    )
    alone = partial(models_alone, processes=machine.cores, logs=out)
    course = Course(
        folder=folder,
        contestants=_chosen(list(everybody), plan.only),
        models=partial(alone, pipeline=published),
        own_models=partial(alone, pipeline=own),
        cold=ColdSealq({"SEALQ_PRESET": plan.preset}).first_result,
    )
    rounds = [course.run(number) for number in range(plan.rounds)]
    return Rounds(folder, rounds, machine.cores).figures()


def _chosen(everybody: Sequence[Contestant], only: Sequence[str]) -> list[Contestant]:
    names = [each.name for each in everybody]
    unknown = set(only) - set(names)
    if unknown:
        raise WrongUseError(f"No contestant {', '.join(unknown)}. There are {', '.join(names)}.")
    wanted = only or set(names) - set(ON_DEMAND)
    return [each for each in everybody if each.name in wanted]


def write_into(document: Path, report: str) -> None:
    """Put a report between a document's marks.

    Raises:
        WrongUseError: The document has none.
    """
    text = document.read_text(encoding="utf-8")
    if not _MARKS.search(text):
        raise WrongUseError(f"{document} has no lines <!-- bench-speed --> and its end.")
    replaced = _MARKS.sub(lambda mark: f"{mark[1]}\n{report}{mark[2]}", text)
    document.write_text(replaced, encoding="utf-8")


def _write_json(figures: Figures, plan: Plan, machine: Machine, path: Path) -> None:
    data = {"schema": SCHEMA, "plan": asdict(plan), "machine": asdict(machine), **asdict(figures)}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@click.command()
@click.option("--preset", default="mobile", show_default=True, help="Name, or a pipeline file.")
@click.option(
    "--pages",
    type=click.IntRange(min=8),
    default=32,
    show_default=True,
    help="Of each share of sealed pages and kind of file; of a tenth sealed, twice as many.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--kinds", type=click.Choice(KINDS), multiple=True, default=KINDS, help="Of files.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Of contestants; default: all but those that draw pictures.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--peers",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder of the programs paddlex and paddleocr.",
)
@click.option(
    "--samples",
    type=click.Path(path_type=Path),
    default=Path("samples"),
    show_default=True,
    help="Folder of documents that warm a worker up.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for results.")
@click.option(
    "--into", type=click.Path(exists=True, path_type=Path), help="Document that shows the report."
)
def main(*, peers: Path, samples: Path, out: Path, into: Path | None, **options: Any) -> None:
    """Measure sealq, PaddleX, PaddleOCR and PaddleX's service side by side."""
    plan, machine, out = Plan(**options), this_machine(), out.absolute()
    as_installed()
    try:
        out.mkdir(parents=True, exist_ok=True)
        figures = measure(
            plan, machine, peers=peers.absolute(), samples=samples.absolute(), out=out
        )
        report = markdown(figures, machine, plan.rounds, plan.preset)
        _write_json(figures, plan, machine, out / "speed.json")
        (out / "speed.md").write_text(report, encoding="utf-8")
        if into:
            write_into(into, report)
    except SealqError as exc:
        click.echo(f"speedbench: {exc}", err=True)
        sys.exit(exc.exit_code)
    click.echo(report)


if __name__ == "__main__":
    main()
