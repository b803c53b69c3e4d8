"""sealq itself, through its command line: a worker in steady state, and a cold `sealq run`."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sealq_configs.processes import spawn, stop
from speedbench.answers import answer_of
from speedbench.pages import PageFolder
from speedbench.servers import redis_server
from speedbench.usage import Watch
from speedbench.values import Answer, Measured, NotMeasuredError, PageName

#: The command beside the interpreter that runs this.
SEALQ = str(Path(sys.executable).with_name("sealq"))

STOP_SECONDS = 60
#: Characters of a failed command's output that are shown.
_SHOWN = 1500

#: docs/database.md describes the columns.
_PAGES = """
SELECT documents.source, pages.number, pages.finished_at, readings.seconds, readings.object_prefix
FROM pages
JOIN documents ON documents.id = pages.document_id
JOIN readings ON readings.id = pages.reading_id
WHERE pages.state = 'done'
"""


@dataclass(frozen=True)
class SteadySealq:
    """A worker that has its models loaded, and a job for each cell.

    Attributes:
        name: As the report calls it.
        warm_up: Documents that are read before anything is measured, each as a job of its own, so
            that every process of the worker gets something to do.
        environment: Settings of sealq.
    """

    name: str
    warm_up: tuple[Path, ...]
    environment: Mapping[str, str]

    def read(self, folder: PageFolder) -> Measured:
        """Read all pages, cell by cell, with PaddleX's own way of reading.

        Raises:
            NotMeasuredError: A command failed, or pages did.
        """
        with tempfile.TemporaryDirectory(prefix="speedbench-") as home:
            with Watch() as watch, self._stack(Path(home)) as environment:
                for cell in folder.cells:
                    _submit(environment, folder.path / cell.name, "--wait")
            pages = read_pages(Path(home), folder.path)
        return Measured(
            started=None,
            finished={page.name: page.finished for page in pages},
            answers={page.name: page.answer for page in pages},
            usage=watch.samples,
            stages={page.name: page.seconds for page in pages},
        )

    @contextmanager
    def _stack(self, home: Path) -> Iterator[Mapping[str, str]]:
        """Run Redis and a warm worker; yield the environment of commands that use them."""
        with redis_server() as redis_url:
            own = {"SEALQ_HOME": str(home), "SEALQ_REDIS_URL": redis_url}
            environment = {**surroundings(), **self.environment, **own}
            run_sealq(environment, "db", "upgrade")
            # Before the worker starts: each of its processes finds something to load models for.
            for document in self.warm_up:
                _submit(environment, document)
            with (home / "worker.log").open("wb") as log:
                worker = spawn([SEALQ, "worker"], environment=environment, output=log)
            try:
                for document in self.warm_up:
                    _submit(environment, document, "--wait")  # the same job, by its token
                yield environment
            finally:
                stop(worker, STOP_SECONDS)


@dataclass(frozen=True)
class ColdSealq:
    """`sealq run` as it is typed, with nothing running before.

    Attributes:
        environment: Settings of sealq.
    """

    environment: Mapping[str, str]

    def first_result(self, folder: PageFolder) -> float:
        """Return the seconds from the command to its first finished page, on the first cell.

        Raises:
            NotMeasuredError: The command failed.
        """
        with tempfile.TemporaryDirectory(prefix="speedbench-") as home:
            environment = {**surroundings(), **self.environment, "SEALQ_HOME": home}
            started = time.time()
            run_sealq(
                environment, "run", "--reading", "stock", str(folder.path / folder.cells[0].name)
            )
            return min(page.finished for page in read_pages(Path(home), folder.path)) - started


@dataclass(frozen=True)
class ReadPage:
    """A page as sealq's own tables and objects have it."""

    name: PageName
    finished: float
    answer: Answer
    seconds: Mapping[str, float]


def read_pages(home: Path, folder: Path) -> list[ReadPage]:
    """Return the pages of a folder that were read.

    Args:
        home: Holds the database and the objects.
        folder: Pages elsewhere, those of the warm-up, are left out.
    """
    with closing(sqlite3.connect(home / "sealq.db")) as database:
        rows = database.execute(_PAGES).fetchall()
    return [
        ReadPage(
            name=PageName(Path(source).relative_to(folder).as_posix(), number),
            finished=_unix(finished_at),
            answer=_answer(home / "objects" / prefix / "reading.json"),
            seconds=json.loads(seconds),
        )
        for source, number, finished_at, seconds, prefix in rows
        if Path(source).is_relative_to(folder)
    ]


def _answer(reading: Path) -> Answer:
    return answer_of(json.loads(reading.read_text(encoding="utf-8"))["res"])


def _unix(moment: str) -> float:
    """Return the Unix time of one of SQLite's."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def surroundings() -> dict[str, str]:
    """Return the environment without settings of sealq: it is measured as it comes."""
    kept = {"SEALQ_MODELS_DIR"}
    return {
        name: value
        for name, value in os.environ.items()
        if name in kept or not name.startswith("SEALQ_")
    }


def _submit(environment: Mapping[str, str], path: Path, *options: str) -> None:
    """Make a job of a path; the second time, return to it."""
    run_sealq(
        environment, "submit", "--reading", "stock", "--client-token", path.name, *options, path
    )


def run_sealq(environment: Mapping[str, str], *arguments: str | Path) -> None:
    """Run a command of sealq to its end.

    Raises:
        NotMeasuredError: It failed; the message shows the end of what it said.
    """
    done = subprocess.run(  # noqa: S603 (our own command)
        [SEALQ, *map(str, arguments)], env=dict(environment), capture_output=True, check=False
    )
    if done.returncode:
        raise NotMeasuredError(
            f"`sealq {arguments[0]}` ended with code {done.returncode}:\n"
            + done.stderr.decode(errors="replace")[-_SHOWN:]
        )
