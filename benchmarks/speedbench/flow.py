"""The whole path with a reader that reads nothing: submit, Redis, claim, read, commit."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from PIL import Image

from sealq_configs.settings import Settings
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.opening import open_database, upgrade_database
from sealq_storage.status import job_status

#: Reading processes: one per core of the machine that the targets speak of.
PROCESSES = 2
#: Size of a page in pixels: decoding it shall not show.
_PAGE = (40, 30)
#: Documents that are read before the clock starts, so that processes are up and statements known.
_WARM_DOCUMENTS = 16
_POLL_SECONDS = 0.05

_PRESET = 'pipeline_name: seal_recognition\nreader: "null"\n'


@dataclass(frozen=True)
class Variant:
    """What the path goes through."""

    #: `postgresql` or `sqlite`.
    database: str
    #: Whether each page's JSON is kept, on the local disk.
    objects: bool
    #: Pages in a message.
    chunk_pages: int

    def __str__(self) -> str:
        kept = "JSON objects" if self.objects else "no objects"
        return f"{self.database}, {kept}, {self.chunk_pages} pages a message"


@dataclass(frozen=True)
class Flow:
    """What one job took."""

    pages: int
    seconds: float
    #: Seconds of processor time by part: `submit`, `workers`, `postgres`, `redis`.
    cpu: dict[str, float]

    @property
    def pages_per_second(self) -> float:
        """By the clock."""
        return self.pages / self.seconds

    @property
    def cpu_milliseconds(self) -> float:
        """Processor time of all parts for a page."""
        return sum(self.cpu.values()) / self.pages * 1e3


def measure_flow(
    folder: Path, database_url: str, redis_url: str, variant: Variant, *, documents: int, pages: int
) -> Flow:
    """Submit documents of so many pages to running workers, and wait until all are read."""
    (folder / "null.yaml").write_text(_PRESET)
    settings = Settings(
        home=folder / "home",
        database_url=database_url,
        redis_url=redis_url,
        preset=str(folder / "null.yaml"),
        pictures=False,
        chunk_pages=variant.chunk_pages,
        log_level="WARNING",
    )
    upgrade_database(settings.database)
    _draw(folder / "warm", _WARM_DOCUMENTS, pages, shade=250)
    _draw(folder / "in", documents, pages, shade=0)
    with open_database(settings.database) as database, _working(settings, objects=variant.objects):
        _read(settings, database.queries, folder / "warm")
        before, started = _cpu(), time.perf_counter()
        _read(settings, database.queries, folder / "in")
        seconds = time.perf_counter() - started
        cpu = {part: spent - before[part] for part, spent in _cpu().items()}
    return Flow(documents * pages, seconds, cpu)


def _draw(folder: Path, documents: int, pages: int, shade: int) -> None:
    """Draw multi-page TIFFs, no two alike."""
    folder.mkdir(parents=True)
    frames = [Image.new("L", (_PAGE[0] + number, _PAGE[1]), shade) for number in range(pages)]
    for number in range(documents):
        path = folder / f"{number:06}.tif"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        with path.open("ab") as file:
            file.write(number.to_bytes(4, "big"))


@contextmanager
def _working(settings: Settings, *, objects: bool) -> Iterator[None]:
    bare = [sys.executable, "-m", "speedbench.bare_worker", str(PROCESSES)]
    whole = [_command(), "worker", *["--device", "cpu"] * PROCESSES]
    environment = {**os.environ, **settings.environment(), "PYTHONPATH": os.pathsep.join(sys.path)}
    settings.home.mkdir(exist_ok=True)
    with (settings.home / "log").open("wb") as log:
        command = whole if objects else bare
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _read(settings: Settings, queries: Sessions, folder: Path) -> None:
    environment = {**os.environ, **settings.environment()}
    submit = [_command(), "submit", str(folder)]
    done = subprocess.run(  # noqa: S603 (our own command)
        submit, env=environment, check=True, capture_output=True, text=True
    )
    job_id = done.stdout.strip()
    while True:
        with queries.begin() as session:
            if job_status(session, job_id).finished:
                return
        time.sleep(_POLL_SECONDS)


def _command() -> str:
    return str(Path(sys.executable).with_name("sealq"))


def _cpu() -> dict[str, float]:
    """Return the processor seconds of all parts so far; those of ended commands are `submit`."""
    ended = os.times()
    spent = {"submit": ended.children_user + ended.children_system}
    spent |= dict.fromkeys(("workers", "postgres", "redis"), 0.0)
    for process in psutil.process_iter(["name", "cpu_times"]):
        name = process.info["name"] or ""
        part = next((part for part in ("postgres", "redis") if part in name), None)
        if part is None and psutil.Process() in process.parents():
            part = "workers"
        if part and process.info["cpu_times"]:
            spent[part] += process.info["cpu_times"].user + process.info["cpu_times"].system
    return spent
