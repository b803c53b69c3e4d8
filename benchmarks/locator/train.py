"""Train the locator and write it: `python -m locator.train --help`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import torch

from learning.command import log_line, run_options
from learning.training import CheckpointError
from locator.cache import Cache, build_cache, load_cache
from locator.contract import INPUT_SIDE
from locator.dataset import loader
from locator.errors import LocatorError
from locator.export import export
from locator.held_out import HeldOutPage, held_out_pages, judge_network
from locator.network import Locator
from locator.shipped import load_shipped
from locator.training import LocatorTraining
from sealbench.metrics import LOOSE, Quality

#: Pictures per step.
BATCH = 16

#: Pictures on which a shipped network's activations are measured before it learns on.
MEASURED = 64


@dataclass(frozen=True)
class Run:
    """What a training run was asked to do.

    Attributes:
        seed: Of weights, order and changes. The training pages are the same for all seeds.
        minutes: Of training, without drawing pages and judging.
        pages: Seeds of the training pages to draw.
        out: Gets the model, `checkpoint.pt` and `log.jsonl`.
        cache: Holds the drawn pages.
        processes: How many draw at a time, and threads that train.
        device: PyTorch's name of where to train.
        start: Folder of a shipped locator that learns on; None: begin with nothing.
    """

    seed: int
    minutes: float
    pages: range
    out: Path
    cache: Path
    processes: int
    device: str
    start: Path | None


def train(run: Run) -> None:
    """Train a locator, or go on where a run stopped, and write it.

    Raises:
        LocatorError: The cache, or the model to begin with, can't be used.
        CheckpointError: The folder holds a run of another seed.
    """
    run.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(run.processes)
    cv2.setNumThreads(0)  # its threads would not survive the fork of the loader's process
    views, pages = _data(run)
    training = LocatorTraining(run.seed, run.minutes * 60, run.device, first=_first(run, views))
    checkpoint = run.out / "checkpoint.pt"
    if checkpoint.exists():
        training.resume(checkpoint)
    while not training.over:
        _epoch(run, training, views, pages)
        training.save(checkpoint)
    export(training.average, run.out)


def _data(run: Run) -> tuple[Cache, Sequence[HeldOutPage]]:
    build_cache(run.cache, run.pages, processes=run.processes)
    return load_cache(run.cache, run.pages), held_out_pages(run.cache, processes=run.processes)


def _first(run: Run, views: Cache) -> Locator | None:
    if run.start is None:
        return None
    (pictures, _), *_ = loader(views, seed=run.seed, epoch=0, side=INPUT_SIDE, batch=MEASURED)
    return load_shipped(run.start, pictures)


def _epoch(run: Run, training: LocatorTraining, views: Cache, pages: Sequence[HeldOutPage]) -> None:
    before = training.progress.seconds, training.progress.step
    epoch, side = training.progress.epoch, training.side
    batches = loader(views, seed=run.seed, epoch=epoch, side=side, batch=BATCH)
    loss = training.epoch(batches)
    seconds, steps = (
        training.progress.seconds - before[0],
        training.progress.step - before[1],
    )
    line = {
        **vars(training.progress),
        "side": side,
        "loss": round(loss, 4),
        "pictures_per_second": round(steps * BATCH / seconds, 1),
        **_figures(judge_network(training.average, pages)),
    }
    log_line(line, run.out)


def _figures(quality: Quality) -> dict[str, float | None]:
    whole, cut, mark = quality.whole[LOOSE].all, quality.cut[LOOSE].all, quality.tax_mark[LOOSE]
    figures = {
        "recall": whole.recall.value,
        "precision": whole.precision.value,
        "mean_iou": whole.mean_iou.value,
        "cut_recall": cut.recall.value,
        "cut_precision": cut.precision.value,
        "tax_mark_recall": mark.recall.value,
        "alarms_per_100_sealless": quality.false_alarms.per_100_pages,
    }
    return {name: None if value is None else round(value, 4) for name, value in figures.items()}


@click.command()
@run_options(
    minutes=45.0,
    pages=8000,
    drawn="Training pages to draw.",
    cached="pages",
    start="Folder of a shipped locator that learns on.",
)
@click.option("--first-page", default=0, show_default=True, help="Seed of the first of them.")
def main(out: Path, cache: Path | None, pages: int, first_page: int, **options: Any) -> None:
    """Train the seal locator; run again with the same folder, it goes on where it stopped."""
    seeds = range(first_page, first_page + pages)
    try:
        train(Run(out=out, cache=cache or out / "cache", pages=seeds, **options))
    except (LocatorError, CheckpointError) as exc:
        click.echo(f"locator: {exc}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
