"""`python -m speedbench.endurance`: the memory of one reading process over many pages."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psutil
from PIL import Image

from sealq_configs.processes import spawn, stop
from speedbench.machine import as_installed
from speedbench.pages import KINDS, page_folder
from speedbench.sealq_command import SEALQ, STOP_SECONDS, run_sealq, surroundings
from speedbench.servers import redis_server

#: Pages of each cell of the bench that are drawn; those of a tenth sealed are twice as many.
_DRAWN = 16
#: Percent: pages of cells with more seals are left out, for they take ten times as long.
_MOST_SEALED = 30
#: Longest side in pixels of most images: a sheet at 100 DPI. One of four stays as it is drawn.
_SHORT = 1170
_EVERY_WHOLE = 4
#: Resolution of PDF pages.
_DPI = 100
_PDF_PAGES = 4


@click.command()
@click.option("--pages", default=10_000, show_default=True, help="At least so many are read.")
@click.option("--step", default=500, show_default=True, help="Pages of a job.")
@click.option("--reading", type=click.Choice(["stock", "careful"]), default="stock")
@click.option("--memory-mb", type=int, help="SEALQ_WORKER_MEMORY_MB; default: half the machine's")
@click.option("--out", type=Path, default=Path(".cache/bench-endurance"), show_default=True)
def main(pages: int, step: int, reading: str, memory_mb: int | None, out: Path) -> None:
    """Print what one process on the CPU, with one thread, uses after each job."""
    as_installed()
    limit = memory_mb or psutil.virtual_memory().total >> 21
    click.echo(f"{'pages':>8}{'pid':>9}{'resident MiB':>14}{'highest MiB':>13}{'CPU s':>9}")
    documents = enumerate(itertools.cycle(_draw(out / "pages")))
    done = 0
    with tempfile.TemporaryDirectory(dir=out) as home, _working(Path(home), limit) as working:
        while done < pages:
            with tempfile.TemporaryDirectory(dir=out) as folder:
                done += _fill(Path(folder), documents, step)
                options = ("--reading", reading, "--dpi", str(_DPI), "--wait")
                run_sealq(working.environment, "submit", *options, folder)
            click.echo(_line(done, _memory(working.supervisor)))


@dataclass(frozen=True)
class _Working:
    supervisor: psutil.Process
    environment: Mapping[str, str]


@contextmanager
def _working(home: Path, memory_mb: int) -> Iterator[_Working]:
    """Run Redis and a worker of one process; yield what is needed to use and to watch it."""
    with redis_server() as redis_url:
        environment = {
            **surroundings(),
            "SEALQ_HOME": str(home.absolute()),
            "SEALQ_REDIS_URL": redis_url,
            "SEALQ_PICTURES": "false",
            "SEALQ_CPU_PROCESSES": "1",
            "SEALQ_WORKER_THREADS": "1",
            "SEALQ_WORKER_MEMORY_MB": str(memory_mb),
        }
        run_sealq(environment, "db", "upgrade")
        with (home.parent / "worker.log").open("wb") as log:
            command = [SEALQ, "worker", "--device", "cpu"]
            worker = spawn(command, environment=environment, output=log)
        try:
            yield _Working(psutil.Process(worker.pid), environment)
        finally:
            stop(worker, STOP_SECONDS)


def _draw(parent: Path) -> list[Path]:
    """Return the bench's documents, most images made small; images and PDFs by turns."""
    folder = page_folder(parent, _DRAWN, KINDS, seed=1)
    cells = [folder.files(cell) for cell in folder.cells if cell.share <= _MOST_SEALED]
    documents = [path for row in itertools.zip_longest(*cells) for path in row if path]
    images = [path for path in documents if path.suffix != ".pdf"]
    for number, path in enumerate(images):
        if number % _EVERY_WHOLE:
            _shrink(path)
    return documents


def _shrink(path: Path) -> None:
    with Image.open(path) as image:
        image.thumbnail((_SHORT, _SHORT))  # the second time it is small already
        image.save(path)


def _fill(folder: Path, documents: Iterator[tuple[int, Path]], pages: int) -> int:
    """Copy the next documents with so many pages, or a few more; return how many."""
    copied = 0
    while copied < pages:
        number, document = next(documents)
        copy = folder / f"{number:06}{document.suffix}"
        # Readers of JPEG, PNG and PDF all stop at the end that the file itself names.
        copy.write_bytes(document.read_bytes() + b"\n%%%d\n" % number)
        copied += _PDF_PAGES if copy.suffix == ".pdf" else 1
    return copied


@dataclass(frozen=True)
class _Memory:
    """A reading process.

    Attributes:
        pid: Another one than before: the process was replaced.
        resident: MiB now.
        highest: MiB at most since it began.
        cpu: Seconds of processor time since it began.
    """

    pid: int
    resident: float
    highest: float
    cpu: float


def _memory(supervisor: psutil.Process) -> _Memory:
    [process] = supervisor.children()
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    now, highest = (
        int(re.findall(rf"^{name}:\s*(\d+) kB$", status, re.MULTILINE)[0]) / 1024
        for name in ("VmRSS", "VmHWM")
    )
    times = process.cpu_times()
    return _Memory(process.pid, now, highest, times.user + times.system)


def _line(pages: int, memory: _Memory) -> str:
    figures = f"{memory.resident:>14.0f}{memory.highest:>13.0f}{memory.cpu:>9.0f}"
    return f"{pages:>8}{memory.pid:>9}{figures}"


if __name__ == "__main__":
    main()
