"""A stack to be broken: real servers, real worker processes, and what is left when all is over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
from fakes import open_runtime, submit_files, work_off
from rows import migrated
from sqlalchemy import select
from tallies import kept_tallies, true_tallies
from waiting import POLL, gone, until

from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Page, Reading, Table, Tally
from sealq_worker.null_reader import NullReader

TESTS = Path(__file__).parent
#: Seconds that processes may take to start, die and start again, one after the other.
PATIENCE = 300
#: States of pages and documents on which work is left.
OPEN_STATES = frozenset({"due", "claimed", "listed"})

#: Columns that tell of one stack, one moment or one worker, not of what was read.
INCIDENTAL = frozenset(
    [
        *("id", "job_id", "document_id", "reading_id", "region_id", "location", "name", "device"),
        *("client_token", "created_at", "submitted_at", "finished_at", "published_at"),
        *("lease_owner", "lease_until", "attempts", "seconds", "priority"),
    ]
)


def null_spec() -> PipelineSpec:
    """Return the spec of the pipeline that reads nothing."""
    return load_preset(str(TESTS / "null.yaml")).spec(PredictParameters())


def patiently(true: Callable[[], object]) -> None:
    """Wait until something is true that takes several processes."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(POLL)


@dataclass(frozen=True)
class FaultStack:
    """Documents, where they are to be read, and the workers that do it."""

    settings: Settings
    sessions: Sessions
    folder: Path

    def add(self, name: str, content: bytes) -> Path:
        """Put a document into the folder."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def submit(self, *names: str | Path, **wishes: Any) -> str:
        """Submit documents of the folder as a job; return its id."""
        paths = [self.folder / name for name in names]
        return submit_files(self.settings, *paths, **{"spec": null_spec(), **wishes})

    def set_traps(self, *stages: str) -> None:
        """Let a reading process die once at each of these stages."""
        for stage in stages:
            (self._traps / stage).touch()

    def traps_left(self) -> list[str]:
        """Return the stages at which no process has died yet."""
        return [file.name for file in self._traps.iterdir()]

    @cached_property
    def _traps(self) -> Path:
        folder = self.settings.home / "traps"
        folder.mkdir()
        return folder

    def environment(self) -> dict[str, str]:
        """The variables of a process that works with this stack and finds the tests' modules."""
        return {**os.environ, **self.settings.environment(), "PYTHONPATH": str(TESTS)}

    @property
    def log(self) -> str:
        """What the workers said."""
        return (self.settings.home / "log").read_text("utf-8")

    def has_said(self, text: str, times: int = 1) -> bool:
        """Whether the workers said something so many times."""
        return self.log.count(text) >= times

    @contextmanager
    def working(
        self, *devices: str, prefix: Sequence[str] = (), **variables: str
    ) -> Iterator[Workers]:
        """Run a supervisor with its workers; those left in the end are told to stop, and do.

        Args:
            devices: One process serves each; default: one.
            prefix: What the command is begun with, to run elsewhere.
            variables: `FAULTY_POISON` and others, and settings that differ.
        """
        environment = {
            **self.environment(),
            "FAULTY_TRAPS": str(self._traps),
            **variables,
        }
        worker = [sys.executable, str(TESTS / "faulty_worker.py"), *(devices or ["cpu"])]
        command = [*prefix, *worker]
        with (self.settings.home / "log").open("ab") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        workers = Workers(process)
        try:
            yield workers
            if process.poll() is None:
                assert workers.end() == 0, self.log
        finally:
            workers.kill()

    # What is there -------------------------------------------------------------------------------

    def states(self) -> Counter[str]:
        """Count the pages by state; documents whose pages nobody counted yet are `listed`."""
        with self.sessions.begin() as session:
            found = Counter(session.scalars(select(Page.state)))
            listed = session.scalars(select(Document.id).where(Document.state == "listed")).all()
        return found + Counter(listed=len(listed))

    def until_all_is_final(self) -> None:
        """Wait until every page stands in a final state."""
        patiently(lambda: self.states() and not OPEN_STATES & set(self.states()))

    def pages(self) -> dict[tuple[str, int], tuple[str, str | None, int]]:
        """State, error code and attempts of each page, by its document's name and its number."""
        columns = (Document.source, Page.number, Page.state, Page.error_code, Page.attempts)
        query = select(*columns).join(Document, Document.id == Page.document_id)
        with self.sessions.begin() as session:
            rows = session.execute(query).all()
        return {
            (Path(source).name, number): (state, code, attempts)
            for source, number, state, code, attempts in rows
        }

    def attempts(self) -> list[int]:
        """The attempts of all pages, in their order."""
        with self.sessions.begin() as session:
            return list(
                session.scalars(select(Page.attempts).order_by(Page.document_id, Page.number))
            )

    @property
    def objects(self) -> ObjectStore:
        """Where the readings' objects are."""
        settings = self.settings
        return open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of every table, less what is incidental."""
        with self.sessions.begin() as session:
            return {
                table.name: sorted(
                    (_plain(row._asdict()) for row in session.execute(table.select())), key=str
                )
                for table in Table.metadata.sorted_tables
                if table is not Tally.__table__  # compared with its own rows
            }

    def stored(self) -> dict[str, object]:
        """Return every object of every reading by its key; JSON less what is incidental."""
        found: dict[str, object] = {}
        with self.sessions.begin() as session:
            readings = session.execute(select(Reading.object_prefix, Reading.pictures)).all()
        for prefix, names in readings:
            found[prefix] = _plain(json.loads(self.objects.get(f"{prefix}/reading.json")))
            found |= {f"{prefix}/{name}": self.objects.get(f"{prefix}/{name}") for name in names}
        return found

    def check_nothing_is_lost_or_doubled(self) -> None:
        """Compare with the same documents read by one process to which nothing happens."""
        with self.sessions.begin() as session:
            claimed = session.scalars(select(Page.id).where(Page.state.in_(["due", "claimed"])))
            assert claimed.all() == []
            assert kept_tallies(session) == true_tallies(session)
            sources = session.scalars(select(Document.source).order_by(Document.id)).all()
        with undisturbed(self.settings, sources) as other:
            mine, others = self.rows(), other.rows()
            for table in others:
                assert mine[table] == others[table], table
            assert self.stored() == other.stored()


@dataclass(frozen=True)
class Workers:
    """A supervisor's process, and those below it."""

    supervisor: subprocess.Popen[bytes]

    def processes(self) -> list[psutil.Process]:
        """The reading processes that live at this moment."""
        return psutil.Process(self.supervisor.pid).children()

    def signal(self) -> None:
        """Tell the supervisor to stop."""
        self.supervisor.send_signal(signal.SIGTERM)

    def end(self) -> int:
        """Tell the supervisor to stop; return its exit code."""
        self.signal()
        return self.wait()

    def wait(self) -> int:
        """Wait until the supervisor has ended; return its exit code."""
        return self.supervisor.wait(PATIENCE)

    def kill(self) -> None:
        """End all processes at once, as a power cut does."""
        if self.supervisor.poll() is not None:
            return
        everybody = [psutil.Process(self.supervisor.pid), *self.processes()]
        for process in everybody:
            process.kill()
        self.supervisor.wait()
        until(lambda: all(gone(process.pid) for process in everybody))


@contextmanager
def fault_stack(settings: Settings) -> Iterator[FaultStack]:
    """Make the tables and a folder for documents; `settings.home` is there."""
    folder = settings.home / "documents"
    folder.mkdir(parents=True)
    with migrated(settings.database) as sessions:
        yield FaultStack(settings, sessions, folder)


@contextmanager
def undisturbed(settings: Settings, sources: Sequence[str]) -> Iterator[FaultStack]:
    """Read documents in this process, into a stack of their own on this machine."""
    home = settings.home / "undisturbed"
    values = {"home": home, "database_url": None, "objects_url": None, "s3_endpoint_url": None}
    calm = settings.model_copy(update=values)
    with fault_stack(calm) as stack:
        stack.submit(*sources)
        with open_runtime(calm, NullReader(draws=True)) as runtime:
            work_off(runtime)
        yield stack


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in INCIDENTAL}
