"""Teach the recogniser to read seals, and write it: `python -m recogniser.train --help`."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import cv2
import onnx
import torch

from learning.command import log_line, run_options
from learning.training import CheckpointError
from recogniser.alphabet import Alphabet
from recogniser.batches import loader
from recogniser.cache import Cache, build_cache
from recogniser.errors import RecogniserError
from recogniser.halved import halved
from recogniser.judge import exact_by_role
from recogniser.training import RecogniserTraining
from sealbench.figures import Share
from sealq_configs.errors import ModelError
from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings

#: PaddleX's recogniser, to begin with.
FIRST = "PP-OCRv6_small_rec"
#: Pages of the held-out split whose strips a run is watched by.
WATCHED_PAGES = 20
#: Epochs from one look at these to the next: it takes as long as a quarter of an epoch.
WATCHED_EPOCHS = 3


@dataclass(frozen=True)
class Run:
    """What a training run was asked to do.

    Attributes:
        seed: Of order and changes. The training strips are the same for all seeds.
        minutes: Of training, without drawing strips and judging.
        pages: Training pages to draw, full of seals.
        out: Gets the model, `checkpoint.pt` and `log.jsonl`.
        cache: Holds the drawn strips.
        processes: How many draw at a time, and threads that train.
        device: PyTorch's name of where to train.
        start: Folder of the recogniser to begin with; None: PaddleX's.
        fonts: More font files to draw Chinese texts with.
    """

    seed: int
    minutes: float
    pages: int
    out: Path
    cache: Path
    processes: int
    device: str
    start: Path | None
    fonts: tuple[Path, ...]


def train(run: Run) -> None:
    """Train the recogniser, or go on where a run stopped, and write it.

    Raises:
        RecogniserError: The cache, or the model to begin with, can't be used.
        CheckpointError: The folder holds a run of another seed.
        ModelError: The recogniser to begin with can't be had.
    """
    run.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(run.processes)
    cv2.setNumThreads(0)  # its threads would not survive the fork of the loader's process
    first = run.start or ModelCache(load_settings().settings.models_dir).directory(FIRST)
    alphabet = Alphabet.of_model(first)
    strips = build_cache(run.cache, "train", run.pages, processes=run.processes, fonts=run.fonts)
    watched = build_cache(run.cache, "held_out", WATCHED_PAGES, processes=run.processes)
    training = RecogniserTraining(
        first / "inference.onnx", seed=run.seed, seconds=run.minutes * 60, device=run.device
    )
    checkpoint = run.out / "checkpoint.pt"
    if checkpoint.exists():
        training.resume(checkpoint)
    else:
        _log(training, None, watched, alphabet, run.out)
    while not training.over:
        loss = training.epoch(
            loader(strips, alphabet, seed=run.seed, epoch=training.progress.epoch)
        )
        training.save(checkpoint)
        watching = training.over or training.progress.epoch % WATCHED_EPOCHS == 0
        _log(training, loss, watched if watching else None, alphabet, run.out)
    onnx.save(halved(training.average.written()), run.out / "inference.onnx")
    shutil.copy(first / "inference.yml", run.out)


def _log(
    training: RecogniserTraining,
    loss: float | None,
    watched: Cache | None,
    alphabet: Alphabet,
    out: Path,
) -> None:
    exact = exact_by_role(training.average, watched, alphabet) if watched else {}
    figures = {role: _said(share) for role, share in exact.items()}
    log_line({**vars(training.progress), "loss": loss, **figures}, out)


def _said(share: Share) -> str:
    return f"{share.hits}/{share.of}"


@click.command()
@run_options(
    minutes=60.0,
    pages=800,
    drawn="Pages full of seals to draw.",
    cached="strips",
    start=f"Folder of a recogniser that learns on.  [default: {FIRST}]",
)
@click.option(
    "--font",
    "fonts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="One more font to draw Chinese texts on seals with; may be given several times.",
)
def main(out: Path, cache: Path | None, **options: Any) -> None:
    """Teach the recogniser; run again with the same folder, it goes on where it stopped."""
    try:
        train(Run(out=out, cache=cache or out / "cache", **options))
    except (RecogniserError, CheckpointError, ModelError) as exc:
        click.echo(f"recogniser: {exc}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
