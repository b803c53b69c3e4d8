"""Bring a database to the tables of this sealq, and say which it has.

Alembic is imported only where it is needed: it takes over a second, and every command asks for
`require_current`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from sealq_storage.errors import DatabaseUnreachableError, DatabaseVersionError
from sealq_storage.sql.engine import reachable

if TYPE_CHECKING:
    from alembic.config import Config

#: Package and folder of the migrations, as Alembic writes it.
_SCRIPTS = "sealq_storage:migrations"

#: PostgreSQL advisory lock that upgrades of sealq take: a number that nobody else is likely to use.
_LOCK = 0x5EA1_0000_0001

#: PostgreSQL's SQLSTATE of "insufficient privilege".
_NO_PRIVILEGE = "42501"


def upgrade(engine: Engine) -> None:
    """Bring the database to `head_version`, in one transaction. Several may do so at once.

    Raises:
        DatabaseVersionError: The database belongs to a newer sealq.
        DatabaseUnreachableError: It does not answer, or its user may not make tables.
    """
    from alembic import command

    with reachable(engine), _privileged(engine), engine.begin() as connection:
        _wait_for_others(connection)
        version = _version(connection)
        if version not in {None, *_versions()}:
            raise _newer(engine, version)
        command.upgrade(alembic_config(connection), "head")


def current_version(engine: Engine) -> str | None:
    """Return the version of the database's tables, None where there are none.

    Raises:
        DatabaseUnreachableError: The database does not answer.
    """
    reader = engine.execution_options(sealq_read_only=True)
    with reachable(engine), reader.connect() as connection:
        return _version(connection)


def head_version() -> str:
    """Return the version that this sealq needs."""
    return _versions()[-1]


def require_current(engine: Engine) -> None:
    """Make sure that the database has the tables of this sealq.

    Raises:
        DatabaseVersionError: It has older, newer or none; names both versions and the remedy.
        DatabaseUnreachableError: The database does not answer.
    """
    version = current_version(engine)
    if version == head_version():
        return
    if version not in {None, *_versions()}:
        raise _newer(engine, version)
    raise DatabaseVersionError(
        f"The database {_shown(engine)} is at version {version or 'none'}, this sealq needs "
        f"{head_version()}. Run `sealq db upgrade`."
    )


def alembic_config(connection: Connection) -> Config:
    """Return the configuration with which Alembic's commands work on the connection."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", _SCRIPTS)
    return config


@cache
def _versions() -> tuple[str, ...]:
    """Versions by file name, the oldest first: reading them from Alembic would import it."""
    files = resources.files("sealq_storage.migrations.versions").iterdir()
    return tuple(sorted(file.name.partition("_")[0] for file in files if file.name[0].isdigit()))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _wait_for_others(connection: Connection) -> None:
    # On SQLite the transaction itself does it: it began IMMEDIATE (`engine.py`).
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


@contextmanager
def _privileged(engine: Engine) -> Iterator[None]:
    try:
        yield
    except ProgrammingError as exc:
        if getattr(exc.orig, "sqlstate", None) != _NO_PRIVILEGE:
            raise
        reason = str(exc.orig).strip()
        raise DatabaseUnreachableError(
            f"The database {_shown(engine)} refuses: {reason}. Make its user the owner of the "
            "database, or grant it: GRANT CREATE, USAGE ON SCHEMA public TO the user."
        ) from exc


def _newer(engine: Engine, version: str | None) -> DatabaseVersionError:
    return DatabaseVersionError(
        f"The database {_shown(engine)} is at version {version}, which this sealq (version "
        f"{head_version()}) does not know: a newer one made it. Upgrade sealq, or set "
        "SEALQ_DATABASE_URL to another database."
    )


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
