"""The memory that `sealq submit -` takes for a list of documents, however long it is."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sealq_configs.settings import Settings
from sealq_storage.sql.opening import upgrade_database

#: Files in one folder, which many names lead to.
_FILES = 100


@dataclass(frozen=True)
class Submit:
    """What one submit took."""

    documents: int
    seconds: float
    #: MiB at most.
    memory: float


def measure_submit(folder: Path, database_url: str, redis_url: str, documents: int) -> Submit:
    """Submit a list of so many names on standard input; no worker is there."""
    settings = Settings(home=folder / "home", database_url=database_url, redis_url=redis_url)
    settings.home.mkdir(parents=True)
    upgrade_database(settings.database)
    names = _names(folder, documents)
    command = [str(Path(sys.executable).with_name("sealq")), "submit", "-"]
    started = time.perf_counter()
    with names.open("rb") as stdin:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            command,
            env={**os.environ, **settings.environment()},
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"sealq submit ended with status {status}.")
    return Submit(documents, time.perf_counter() - started, _mebibytes(used))


def _names(folder: Path, documents: int) -> Path:
    """Write a list of names that are all there: links to one folder, under many names."""
    files, links = folder / "files", folder / "in"
    files.mkdir()
    links.mkdir()
    for number in range(_FILES):
        (files / f"{number:02}.tif").write_bytes(number.to_bytes(4, "big"))
    for number in range(-(-documents // _FILES)):
        (links / f"{number:06}").symlink_to(files)
    path = folder / "names"
    with path.open("w") as list_:
        for number in range(documents):
            list_.write(f"{links}/{number // _FILES:06}/{number % _FILES:02}.tif\n")
    return path


def _mebibytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / 1024  # Linux counts in KiB
