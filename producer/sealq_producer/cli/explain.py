"""`sealq explain`: see how a seal was read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from sealq_configs.settings import LoadedSettings
from sealq_producer.cli.options import pass_settings
from sealq_producer.local_stack import require_worker


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--page", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--preset", help="A preset's name, or a PaddleX pipeline file.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), help="Folder for the pictures."
)
@pass_settings
def explain(loaded: LoadedSettings, path: Path, page: int, preset: str | None, out: Path) -> None:
    """Draw step by step how the seals on a page are read: a picture for each.

    Reads with care (`--reading careful`), on this machine, and keeps nothing but the pictures.
    """
    require_worker()
    asked = ["--page", str(page), "--preset", preset or loaded.settings.preset, "--out", str(out)]
    command = [sys.executable, "-m", "sealq_worker.explain", str(path), *asked]
    environment = {**os.environ, **loaded.settings.environment()}
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603
    sys.exit(done.returncode)
