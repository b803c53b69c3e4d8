"""Stock and careful reading side by side: `python -m sealbench.compare_readings --help`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from sealbench.curve import Curve, curve, write_svg
from sealbench.expected import FIELDS, is_clean
from sealbench.fonts import Split
from sealbench.reading_figures import compare, reported
from sealbench.reading_report import Comparison, print_report, write_json
from sealbench.seals import seal_crops
from sealbench.side_by_side import Readers, SealOutcome
from sealq_configs.errors import SealqError
from sealq_configs.settings import load_settings
from sealq_worker.devices import Device


def compare_readings(
    preset: str,
    device: Device,
    *,
    split: Split,
    count: int,
    first_seed: int,
    clean: bool,
    out: Path,
) -> None:
    """Read seals both ways, print the figures and write them to a folder.

    Args:
        preset: Whose models are used.
        device: Where to read.
        split: Of the bench.
        count: Whole seals.
        first_seed: Seed of the first page.
        clean: Of all these seals only those that nothing makes hard to read.
        out: Gets `reading.json` and `calibration.svg`.

    Raises:
        SealqError: The preset or a model can't be used.
    """
    readers = Readers(preset, device, load_settings().settings)
    every = seal_crops(split, sys.maxsize if clean else count, first_seed=first_seed)
    wanted = (crop for crop in every if not clean or is_clean(crop.truth, crop.page))
    crops = islice(wanted, count)
    progress = Console(stderr=True)
    outcomes = list(track(readers.both(crops), "Reading", count, console=progress))
    comparison = Comparison(preset, split, first_seed, compare(outcomes), _curves(outcomes))
    out.mkdir(parents=True, exist_ok=True)
    write_json(comparison, out / "reading.json")
    write_svg(comparison.curves["all"], out / "calibration.svg")
    print_report(comparison, sys.stdout)


def _curves(outcomes: Sequence[SealOutcome]) -> dict[str, Curve]:
    texts = list(reported(outcomes))
    curves = {"all": curve(texts)}
    for name in FIELDS:
        curves[name] = curve(text for text in texts if text.name == name)
    return curves


@click.command()
@click.option("--preset", default="mobile", show_default=True, help="Name, or a pipeline file.")
@click.option("--device", default="cpu", show_default=True, help="cpu, gpu:0, ...")
@click.option("--split", type=click.Choice(["train", "held_out"]), default="held_out")
@click.option("--count", type=click.IntRange(min=1), default=600, show_default=True, help="Seals.")
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--clean", is_flag=True, help="Clean seals alone; pages are drawn until there are enough."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for results.")
def main(*, device: str, **options: Any) -> None:
    """Say how well careful reading does beside stock reading, on the same seals."""
    try:
        compare_readings(device=Device.parse(device), **options)
    except SealqError as exc:
        click.echo(f"sealbench: {exc}", err=True)
        sys.exit(exc.exit_code)


if __name__ == "__main__":
    main()
