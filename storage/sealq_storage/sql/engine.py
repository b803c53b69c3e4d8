"""Engines and sessions: SQLite tuned for several processes, PostgreSQL as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from sealq_storage.errors import DatabaseUnreachableError

#: Seconds a SQLite writer waits for another process's transaction.
SQLITE_BUSY_SECONDS = 60

#: Seconds until a PostgreSQL server that does not answer counts as gone.
POSTGRES_CONNECT_SECONDS = 10
#: Milliseconds that what was sent to it may stay without an acknowledgement.
POSTGRES_UNACKNOWLEDGED_MS = 30_000
#: Seconds of silence after which it is asked whether it is still there.
POSTGRES_KEEPALIVE_SECONDS = 30

#: libpq's names for them. Left to itself it waits for a host that was cut off for a quarter of an
#: hour and more.
_POSTGRES_OPTIONS = {
    "connect_timeout": POSTGRES_CONNECT_SECONDS,
    "tcp_user_timeout": POSTGRES_UNACKNOWLEDGED_MS,
    "keepalives_idle": POSTGRES_KEEPALIVE_SECONDS,
}

#: Tries to switch a new SQLite file to WAL while others open it too.
_WAL_TRIES = 20

#: SQLite's commits never wait (`_prepare_sqlite`).
_AT_LEISURE = text("SET LOCAL synchronous_commit = off")

Sessions = sessionmaker[Session]


def open_engine(url: str) -> Engine:
    """Create an engine; connects only when it is used.

    Args:
        url: SQLAlchemy URL. `postgresql://` means psycopg 3.

    Raises:
        DatabaseUnreachableError: The URL can't be read.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise DatabaseUnreachableError(f"{url!r} is no database URL: {exc}") from exc
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, connect_args=_network_options(parsed))
    engine = create_engine(parsed, connect_args={"timeout": SQLITE_BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def open_sessions(engine: Engine, *, read_only: bool = False) -> Sessions:
    """Return the factory of sessions on an engine; `with sessions.begin()` commits at its end.

    Args:
        engine: Where the sessions work.
        read_only: For queries alone: on SQLite they then never wait for a writer.
    """
    bind = engine.execution_options(sealq_read_only=True) if read_only else engine
    return sessionmaker(bind, expire_on_commit=False)


def dialect_of(session: Session) -> ModuleType:
    """Return SQLAlchemy's module of the database in use: its `insert` knows ON CONFLICT."""
    return postgresql if session.get_bind().dialect.name == "postgresql" else sqlite


def commit_at_leisure(session: Session) -> None:
    """Let this transaction's commit not wait until it is on the database's disk.

    For what may be forgotten should that host lose its power: a claim, an attempt that was begun,
    that a message was sent. Everybody sees it at once; no process that dies takes it along.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_AT_LEISURE)


@contextmanager
def reachable(engine: Engine) -> Iterator[None]:
    """Turn "no connection" into an error with the remedy; leave all else as it is.

    Raises:
        DatabaseUnreachableError: The server does not answer or refuses.
    """
    try:
        yield
    except OperationalError as exc:
        shown = engine.url.render_as_string(hide_password=True)
        reason = str(exc.orig).strip()
        raise DatabaseUnreachableError(
            f"The database {shown} can't be used: {reason}. "
            "Check SEALQ_DATABASE_URL and that the server runs."
        ) from exc


def _network_options(url: URL) -> dict[str, int]:
    """Return how long a server may be silent; what the URL says stands."""
    options = _POSTGRES_OPTIONS if url.get_backend_name() == "postgresql" else {}
    return {name: value for name, value in options.items() if name not in url.query}


def _prepare_sqlite(connection: Any, record: object) -> None:
    """Set what several processes on one file need."""
    del record
    # The driver would open transactions by itself, and late: a read that turns into a write then
    # fails at once with "database is locked" instead of waiting. We begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _switch_to_wal(cursor: Any) -> None:
    # The busy timeout does not cover the switch: of several first openers of a new file some are
    # refused at once. A transaction does wait for the others; then the switch is tried again.
    for _ in range(_WAL_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_immediate(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("sealq_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
