"""Whether it matters how a seal stands: `python -m sealbench.turning --help`.

The same crops are read as they are, and turned: all else is equal. Turns by quarters change no
pixel; others draw them anew, a little softer.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from sealbench.expected import exact_fields, expected
from sealbench.fonts import Split
from sealbench.seals import SealCrop, seal_crops
from sealbench.side_by_side import Readers
from sealq_configs.errors import SealqError
from sealq_configs.settings import load_settings
from sealq_storage.readings import FieldName
from sealq_worker.devices import Device

Pixels = NDArray[np.uint8]

#: Fields that are counted: most seals have them.
_FIELDS: tuple[FieldName, ...] = ("owner", "purpose")
#: Degrees by which crops are turned, counter-clockwise.
_TURNS = (0, 90, 180, 270, 20, 135)


def turned(crop: SealCrop, degrees: int) -> Pixels:
    """Return a crop turned counter-clockwise, cut as closely around its seal as before.

    Args:
        crop: Of a seal.
        degrees: Quarters of a turn change no pixel.
    """
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(crop.image, degrees // 90))
    height, width = crop.image.shape[:2]
    outline = np.array(crop.truth.polygon, float) - crop.origin
    way = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), float)
    there = outline @ way[:, :2].T + way[:, 2]
    margin = (np.array([width, height]) - np.ptp(outline, axis=0)).mean()
    size = np.ptp(there, axis=0) + margin
    way[:, 2] = way[:, 2] + size / 2 - (there.min(axis=0) + there.max(axis=0)) / 2
    across, down = (max(1, round(float(side))) for side in size)
    drawn = cv2.warpAffine(
        crop.image, way, (across, down), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(drawn, np.uint8)


def exact_by_turn(
    readers: Readers, crops: Iterable[SealCrop], turns: Sequence[int]
) -> tuple[Counter[FieldName], dict[int, Counter[FieldName]]]:
    """Count the fields that crops have, and those that are read exactly at each turn."""
    there: Counter[FieldName] = Counter()
    exact: dict[int, Counter[FieldName]] = {turn: Counter() for turn in turns}
    for crop in crops:
        there.update(expected(crop.truth).keys())
        for turn in turns:
            reading = readers.careful(turned(crop, turn))
            exact[turn].update(exact_fields(reading.said, crop.truth))
    return there, exact


@click.command()
@click.option("--preset", default="mobile", show_default=True, help="Name, or a pipeline file.")
@click.option("--device", default="cpu", show_default=True, help="cpu, gpu:0, ...")
@click.option("--split", type=click.Choice(["train", "held_out"]), default="held_out")
@click.option("--count", type=click.IntRange(min=1), default=240, show_default=True, help="Seals.")
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--turn", "turns", type=int, multiple=True, default=_TURNS, show_default=True)
def main(
    *,
    preset: str,
    device: str,
    split: Split,
    count: int,
    first_seed: int,
    turns: tuple[int, ...],
) -> None:
    """Say how many fields careful reading reads exactly on the same seals, turned by degrees."""
    try:
        readers = Readers(preset, Device.parse(device), load_settings().settings)
        crops = seal_crops(split, count, first_seed=first_seed)
        progress = Console(stderr=True)
        watched = track(crops, "Reading", count, console=progress)
        there, exact = exact_by_turn(readers, watched, turns)
    except SealqError as exc:
        click.echo(f"sealbench: {exc}", err=True)
        sys.exit(exc.exit_code)
    table = Table("turned by", *_FIELDS, title=f"{count} seals, exact")
    for turn in turns:
        cells = (f"{exact[turn][name]} of {there[name]}" for name in _FIELDS)
        table.add_row(f"{turn}°", *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
