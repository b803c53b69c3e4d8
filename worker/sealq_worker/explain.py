"""`python -m sealq_worker.explain FILE`: what `sealq explain` runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from PIL.Image import Image

from sealq_configs.errors import SealqError
from sealq_configs.logs import configure_logging
from sealq_configs.model_cache import FONT, ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.purposes import load_purposes
from sealq_configs.settings import Settings, load_settings
from sealq_worker.careful.explain import explain
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits, open_document
from sealq_worker.paddlex_reader import PaddleXReader
from sealq_worker.reader import SealReading


def explain_page(
    path: Path, number: int, preset: str, settings: Settings
) -> Iterator[tuple[SealReading, Image]]:
    """Read one page with care and yield, for each seal, what it says and how it was read.

    Args:
        path: A document.
        number: Of the page, from 1.
        preset: A preset's name, or a PaddleX pipeline file.
        settings: Font, models, limits and the user's own purposes.

    Raises:
        SealqError: The document, the preset or a model can't be used.
    """
    models = ModelCache(settings.models_dir)
    spec = load_preset(preset).spec(
        PredictParameters(), settings.dpi, "careful", load_purposes(settings.purposes_file)
    )
    models.pull([*spec.catalogued(), *([FONT] if settings.font is None else [])])
    font = settings.font or models.font()
    reader = PaddleXReader(spec, Device.parse("cpu"), models, font=None)
    with open_document(path, dpi=spec.dpi, limits=DocumentLimits.of(settings)) as document:
        raw = reader.read(document.page(number))
    seen = reader.careful.seen if reader.careful else []
    for seal, (crop, observation) in zip(raw.seals, seen, strict=True):
        yield seal, explain(crop, observation, font)


def _said(seal: SealReading) -> str:
    said = [
        f"{field.name} {field.text or '?'} ({field.state}, {field.score or 0:.2f})"
        for field in seal.fields
    ]
    return ", ".join([seal.shape, seal.ink, *said])


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--page", default=1)
@click.option("--preset", default="mobile")
@click.option("--out", type=click.Path(path_type=Path), default=Path())
def main(path: Path, page: int, preset: str, out: Path) -> None:
    """Write a picture for each seal of a page that shows how it was read."""
    settings = load_settings().settings
    configure_logging(settings.log_level, settings.log_format)
    count = 0
    try:
        for count, (seal, picture) in enumerate(explain_page(path, page, preset, settings), 1):
            out.mkdir(parents=True, exist_ok=True)
            file = out / f"{path.stem}-page{page}-seal{count}.png"
            picture.save(file)
            click.echo(f"{file}: {_said(seal)}")
    except SealqError as exc:
        click.echo(f"sealq: {exc}", err=True)
        sys.exit(exc.exit_code)
    if not count:
        click.echo(f"{path}, page {page}: no seal was found.", err=True)


if __name__ == "__main__":
    main()
