"""The database as every part of sealq opens it: there, answering, and with this sealq's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from sealq_storage.errors import NoDatabaseError
from sealq_storage.sql.engine import Sessions, open_engine, open_sessions, reachable
from sealq_storage.sql.migrate import require_current, upgrade


@dataclass(frozen=True)
class Database:
    """An open database.

    Attributes:
        engine: Its connections.
        sessions: For work that writes.
        queries: For work that only reads: it never waits for a writer.
    """

    engine: Engine
    sessions: Sessions
    queries: Sessions


@contextmanager
def open_database(url: str) -> Iterator[Database]:
    """Open a database that is migrated, and close it.

    Args:
        url: As SQLAlchemy takes it.

    Raises:
        NoDatabaseError: There is no file at the place of the SQLite database.
        DatabaseUnreachableError: The database does not answer, at first or later.
        DatabaseVersionError: Its tables are not those of this sealq.
    """
    engine = open_engine(url)
    try:
        _require_file(engine)
        with reachable(engine):
            require_current(engine)
            yield Database(engine, open_sessions(engine), open_sessions(engine, read_only=True))
    finally:
        engine.dispose()


def upgrade_database(url: str) -> None:
    """Create or migrate the tables; SQLite's file and its folder too.

    Raises:
        NoDatabaseError: The folder can't be made.
        DatabaseUnreachableError: The database does not answer.
    """
    engine = open_engine(url)
    if (file := _file_of(engine)) is not None:
        _make_folder(file.parent)
    try:
        with reachable(engine):
            upgrade(engine)
    finally:
        engine.dispose()


def _require_file(engine: Engine) -> None:
    """Check that a SQLite database is there: connecting would make an empty one, anywhere."""
    file = _file_of(engine)
    if file is not None and not file.exists():
        raise NoDatabaseError(
            f"There is no database {file} yet: `sealq run` makes one, or `sealq db upgrade`. If "
            "there is one elsewhere, name its folder with --home or SEALQ_HOME, or set "
            "SEALQ_DATABASE_URL."
        )


def _file_of(engine: Engine) -> Path | None:
    """Return the file of a SQLite database; None for others, and for one in memory."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(engine.url.database)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise NoDatabaseError(
            f"The folder {folder} can't be made: {exc.strerror}. Name another with --home or "
            "SEALQ_HOME."
        ) from exc
