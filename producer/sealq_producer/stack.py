"""What a command works with: the database, the object store, the messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from sealq_configs.settings import Settings
from sealq_producer.errors import NoDatabaseError
from sealq_storage.dispatch import Dispatcher
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.sql.engine import Sessions, open_engine, open_sessions, reachable
from sealq_storage.sql.migrate import require_current, upgrade
from sealq_storage.transport import Transport, make_celery


@dataclass(frozen=True)
class Stack:
    """The parts of a running sealq, as the producer sees them."""

    settings: Settings
    sessions: Sessions
    #: For queries: they never wait for a writer.
    queries: Sessions
    objects: ObjectStore
    transport: Transport
    dispatcher: Dispatcher


@contextmanager
def open_stack(settings: Settings) -> Iterator[Stack]:
    """Open the stack for one command; its database must be migrated, the rest may be away.

    Raises:
        NoDatabaseError: There is no file at the place of the SQLite database.
        DatabaseUnreachableError: The database does not answer.
        DatabaseVersionError: Its tables are not those of this sealq.
    """
    engine = open_engine(settings.database)
    require_database(engine)
    transport = Transport(make_celery(settings))
    sessions = open_sessions(engine)
    try:
        with reachable(engine):
            require_current(engine)
            yield Stack(
                settings=settings,
                sessions=sessions,
                queries=open_sessions(engine, read_only=True),
                objects=open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url),
                transport=transport,
                dispatcher=Dispatcher(sessions, transport, settings),
            )
    finally:
        engine.dispose()


def upgrade_database(settings: Settings) -> None:
    """Create or migrate the tables; SQLite's file and its folder too.

    Raises:
        NoDatabaseError: The folder can't be made.
        DatabaseUnreachableError: The database does not answer.
    """
    engine = open_engine(settings.database)
    if (file := _file_of(engine)) is not None:
        _make_folder(file.parent)
    try:
        with reachable(engine):
            upgrade(engine)
    finally:
        engine.dispose()


def require_database(engine: Engine) -> None:
    """Check that a SQLite database is there: connecting would make an empty one, anywhere.

    Raises:
        NoDatabaseError: There is none.
    """
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
