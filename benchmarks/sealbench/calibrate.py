"""Fit the scores of careful reading on the training split: `python -m sealbench.calibrate --help`.

Two steps, for reading takes minutes and fitting seconds: `gather` writes what speaks for each text
and whether it is exact; `fit` makes `calibration.json` of one or more such files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from sealbench.expected import FIELDS, exact_fields
from sealbench.fitting import fitted
from sealbench.seals import SealCrop, seal_crops
from sealbench.side_by_side import Readers
from sealq_configs.errors import SealqError
from sealq_configs.settings import load_settings
from sealq_storage.readings import FieldName
from sealq_worker.careful.calibration import Curve, Features
from sealq_worker.devices import Device

#: Where the fitted curves stand: beside the code that uses them.
CALIBRATION = Path("worker/sealq_worker/careful/calibration.json")

#: Decimals of fitted figures.
_DECIMALS = 5


@dataclass(frozen=True)
class FitCase:
    """What speaks for a text that was read, and whether it is exact."""

    name: FieldName
    features: Features
    exact: bool


def gather(readers: Readers, crops: Iterable[SealCrop]) -> Iterator[FitCase]:
    """Read seals with care and yield all that would be reported of them, doubtful or not."""
    for crop in crops:
        claims = readers.careful(crop.image).claims
        exact = exact_fields({claim.name: claim.text for claim in claims}, crop.truth)
        for claim in claims:
            yield FitCase(claim.name, claim.features, claim.name in exact)


def fit(cases: Sequence[FitCase]) -> dict[str, Curve]:
    """Fit a curve for each field."""
    return {name: _fit([case for case in cases if case.name == name]) for name in FIELDS}


def _fit(cases: Sequence[FitCase]) -> Curve:
    return fitted([case.features.vector() for case in cases], [case.exact for case in cases])


def _read_cases(files: Iterable[Path]) -> Iterator[FitCase]:
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            yield FitCase(data["name"], Features(**data["features"]), data["exact"])


def _rounded(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _rounded(value) for name, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_rounded(value) for value in node]
    return round(node, _DECIMALS)


@click.group()
def main() -> None:
    """Fit the scores of careful reading."""


@main.command("gather")
@click.option("--preset", default="mobile", show_default=True, help="Name, or a pipeline file.")
@click.option("--device", default="cpu", show_default=True, help="cpu, gpu:0, ...")
@click.option("--count", type=click.IntRange(min=1), default=1500, show_default=True, help="Seals.")
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.argument("out", type=click.Path(path_type=Path))
def gather_command(*, preset: str, device: str, count: int, first_seed: int, out: Path) -> None:
    """Write what speaks for the texts on seals of the training split, a line of JSON each."""
    try:
        readers = Readers(preset, Device.parse(device), load_settings().settings)
        crops = track(
            seal_crops("train", count, first_seed=first_seed),
            "Reading",
            count,
            console=Console(stderr=True),
        )
        lines = (json.dumps(asdict(case)) for case in gather(readers, crops))
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except SealqError as exc:
        click.echo(f"sealbench: {exc}", err=True)
        sys.exit(exc.exit_code)


@main.command("fit")
@click.option("--out", type=click.Path(path_type=Path), default=CALIBRATION, show_default=True)
@click.argument("files", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
def fit_command(*, out: Path, files: tuple[Path, ...]) -> None:
    """Fit curves to what was gathered."""
    curves = fit(list(_read_cases(files)))
    data = {name: _rounded(asdict(curve)) for name, curve in curves.items()}
    out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
