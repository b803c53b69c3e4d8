"""`python -m speedbench.lanes`: what reading several pages at a time saves, and what it changes.

One process, one thread for each model. On a device that gains from batches that is the bench to
tell by how much; on a CPU it counts calls.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from sealq_configs.errors import SealqError
from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import Settings, load_settings
from sealq_configs.spec import ReadingMode
from sealq_worker.batcher import Array, Runner
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits, PageImage, open_document
from sealq_worker.lanes import LanedReader
from sealq_worker.paddlex_reader import PaddleXReader
from sealq_worker.reader import RawReading, Reader
from speedbench.pages import page_folder

#: Share of sealed pages, in percent, of the pages that are read.
_SHARE = 100


class CountedRunner:
    """Stands in the place of a model, and remembers how many pictures it was shown at a time."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.batches: list[int] = []

    def __call__(self, x: Sequence[Array]) -> Sequence[Array]:
        """Run the model."""
        self.batches.append(len(x[0]))
        return self._runner(x)


@dataclass(frozen=True)
class Run:
    """Pages read with so many lanes.

    Attributes:
        lanes: Pages at a time.
        seconds: For all of them.
        batches: By model, how many pictures each call had.
        texts: Of each page.
    """

    lanes: int
    seconds: float
    batches: dict[str, list[int]]
    texts: list[list[str]]


def counted(reader: PaddleXReader) -> dict[str, CountedRunner]:
    """Count what a reader's models are shown, from now on; return the counts by model."""
    runners = {}
    for model in reader.models:
        model.runner = runners[model.model_name] = CountedRunner(model.runner)
    return runners


def read_side_by_side(reader: Reader, pages: Sequence[PageImage]) -> list[RawReading]:
    """Read pages as a worker does: each of the readers takes the next one that is left."""
    left = deque(enumerate(pages))
    found: dict[int, RawReading] = {}

    def work(reader: Reader) -> None:
        while True:
            try:
                number, page = left.popleft()
            except IndexError:
                return
            found[number] = reader.read(page)

    reader.side_by_side(work)
    return [found[number] for number in range(len(pages))]


def measure(reader: PaddleXReader, lanes: int, pages: Sequence[PageImage]) -> Run:
    """Read pages with a reader that was just loaded."""
    runners = counted(reader)
    laned = reader if lanes == 1 else LanedReader(reader, lanes)
    started = time.perf_counter()
    readings = read_side_by_side(laned, pages)
    seconds = time.perf_counter() - started
    batches = {name: runner.batches for name, runner in runners.items()}
    return Run(lanes, seconds, batches, [_texts(reading) for reading in readings])


def _texts(reading: RawReading) -> list[str]:
    return [text for seal in reading.res["seal_res_list"] for text in seal["rec_texts"]]


def table(rounds: Sequence[Sequence[Run]]) -> Iterator[str]:
    """Yield the lines of a table: a row for each number of lanes.

    Args:
        rounds: In each the same numbers of lanes; the first is what the others are held against.
    """
    models = list(rounds[0][0].batches)
    yield f"| pages at a time | seconds | pages unlike | {' | '.join(models)} |"
    yield "| --- " * (3 + len(models)) + "|"
    alone = rounds[0][0].texts
    for runs in zip(*rounds, strict=True):
        unlike = sum(a != b for a, b in zip(alone, runs[-1].texts, strict=True))
        calls = [f"{len(each)} for {sum(each)}" for each in runs[-1].batches.values()]
        seconds = median(run.seconds for run in runs)
        yield f"| {runs[0].lanes} | {seconds:.1f} | {unlike} | {' | '.join(calls)} |"


def _pages(folder: Path, count: int, limits: DocumentLimits, dpi: int) -> list[PageImage]:
    drawn = page_folder(folder, count, ("images",), seed=1)
    (cell,) = (cell for cell in drawn.cells if cell.share == _SHARE)
    pages = []
    for file in drawn.files(cell):
        with open_document(file, dpi=dpi, limits=limits) as document:
            pages.append(document.page(1))
    return pages


def _load(preset: str, reading: ReadingMode, device: Device, settings: Settings) -> PaddleXReader:
    spec = load_preset(preset).spec(PredictParameters(), reading=reading)
    models = ModelCache(settings.models_dir)
    return PaddleXReader(spec, device, models, font=None, threads=1)


@click.command()
@click.option("--preset", default="mobile", show_default=True, help="Name, or a pipeline file.")
@click.option("--device", default="cpu", show_default=True, help="cpu, gpu:0, ...")
@click.option("--reading", type=click.Choice(["stock", "careful"]), default="stock")
@click.option("--lanes", type=int, multiple=True, default=(1, 4, 16), help="Pages at a time.")
@click.option("--pages", type=click.IntRange(min=8), default=32, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--out", type=Path, default=Path(".cache/bench-lanes"), show_default=True)
def main(
    *,
    preset: str,
    device: str,
    reading: ReadingMode,
    lanes: tuple[int, ...],
    pages: int,
    rounds: int,
    out: Path,
) -> None:
    """Read sealed bench pages with so many pages at a time, by turns."""
    settings = load_settings().settings
    try:
        dpi = load_preset(preset).block.dpi
        drawn = _pages(out / "pages", pages, DocumentLimits.of(settings), dpi)
        place = Device.parse(device)
        figures = [
            [measure(_load(preset, reading, place, settings), number, drawn) for number in lanes]
            for _ in range(rounds)
        ]
    except SealqError as exc:
        click.echo(f"speedbench: {exc}", err=True)
        sys.exit(exc.exit_code)
    click.echo("\n".join(table(figures)))


if __name__ == "__main__":
    main()
