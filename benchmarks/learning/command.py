"""What the commands that train have in common: options, and the lines that tell how it goes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

#: Name of the file in a run's folder that holds its lines.
LOG = "log.jsonl"


def run_options(
    *, minutes: float, pages: int, drawn: str, cached: str, start: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what gives a command the options of a training run.

    Args:
        minutes: Default length.
        pages: Default number of pages to draw.
        drawn: Help on these.
        cached: What of them is kept.
        start: Help on the model to begin with.
    """
    options = [
        click.option("--seed", default=1, show_default=True),
        click.option("--minutes", default=minutes, show_default=True, help="Of training."),
        click.option(
            "--pages", type=click.IntRange(min=1), default=pages, show_default=True, help=drawn
        ),
        click.option(
            "--out", type=click.Path(path_type=Path), required=True, help="Folder for the model."
        ),
        click.option(
            "--cache",
            type=click.Path(path_type=Path),
            help=f"Folder of drawn {cached}.  [default: OUT/cache]",
        ),
        click.option("--processes", default=2, show_default=True, help="CPU cores to use."),
        click.option(
            "--start",
            type=click.Path(path_type=Path, exists=True, file_okay=False),
            help=start,
        ),
        click.option("--device", default="cpu", show_default=True, help="cpu or cuda."),
    ]

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


def log_line(figures: Mapping[str, Any], folder: Path) -> None:
    """Add a line to a run's log, and show it."""
    text = json.dumps({"time": time.strftime("%H:%M:%S"), **figures})
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    click.echo(text, err=True)
