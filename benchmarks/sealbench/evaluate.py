"""Run a preset over a bench and say how good it is: `python -m sealbench.evaluate --help`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from sealbench.bench import Bench
from sealbench.metrics import measure
from sealbench.misses_html import write_misses
from sealbench.report import RunName, print_report, write_json
from sealbench.run import open_pipeline, read_bench
from sealq_configs.errors import SealqError
from sealq_configs.settings import Settings, load_settings
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits


def evaluate(bench: Path, preset: str, out: Path, device: Device, pages: int | None) -> None:
    """Read a bench, print the figures and write them and the worst misses to a folder.

    Args:
        bench: A folder that `sealbench.write` made.
        preset: Name of a preset, or a PaddleX pipeline file.
        out: Gets `quality.json` and `misses.html`.
        device: Where to read.
        pages: Read so many only, the first; None: all.

    Raises:
        SealqError: The bench or the preset can't be used.
    """
    settings = load_settings().settings
    pipeline = open_pipeline(preset, device, settings)
    opened = Bench(bench, pipeline.spec.dpi, _limits(settings))
    entries = opened.entries()[:pages]
    reads = read_bench(pipeline.reader, opened, entries)
    progress = Console(stderr=True)
    outcomes = list(track(reads, "Reading", len(entries), console=progress))
    quality = measure(outcomes)
    out.mkdir(parents=True, exist_ok=True)
    write_json(quality, RunName(preset, pipeline.digest, str(device)), out / "quality.json")
    write_misses(outcomes, opened, out / "misses.html")
    print_report(quality, sys.stdout)


def _limits(settings: Settings) -> DocumentLimits:
    return DocumentLimits(
        max_bytes=settings.max_document_bytes,
        max_pages=settings.max_document_pages,
        max_page_pixels=settings.max_page_pixels,
    )


@click.command()
@click.option("--bench", type=click.Path(path_type=Path), required=True, help="Folder of a bench.")
@click.option("--preset", default="mobile", show_default=True, help="Name, or a pipeline file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for results.")
@click.option("--device", default="cpu", show_default=True, help="cpu, gpu:0, ...")
@click.option("--pages", type=click.IntRange(min=1), help="Read the first so many pages only.")
def main(bench: Path, preset: str, out: Path, device: str, pages: int | None) -> None:
    """Say how well a preset finds and reads the seals of a bench."""
    try:
        evaluate(bench, preset, out, Device.parse(device), pages)
    except SealqError as exc:
        click.echo(f"sealbench: {exc}", err=True)
        sys.exit(exc.exit_code)


if __name__ == "__main__":
    main()
