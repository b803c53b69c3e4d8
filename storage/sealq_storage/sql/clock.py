"""The database's own clock: leases of many hosts are compared by one clock only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, ScalarSelect, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite, which knows no zones, keeps it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC, naive for SQLite."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware UTC datetime."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class database_now(FunctionElement[datetime]):  # noqa: N801  (a SQL function, named as one)
    """The database's time now, shifted by whole seconds."""

    type = UtcDateTime()
    #: SQLAlchemy keeps a statement's text by these: without them it would make it anew each time.
    _traverse_internals: Any = [  # noqa: RUF012 (as SQLAlchemy declares it)
        *FunctionElement._traverse_internals,  # noqa: SLF001 (meant for those who extend it)
        ("plus_seconds", InternalTraversal.dp_plain_obj),
    ]
    inherit_cache = True

    def __init__(self, plus_seconds: int = 0) -> None:
        self.plus_seconds = int(plus_seconds)
        super().__init__()


def moment(plus_seconds: int = 0) -> ScalarSelect[datetime]:
    """Return the database's time for comparisons: read once in a statement.

    PostgreSQL would read its clock for every row, and then use no index.
    """
    return select(database_now(plus_seconds)).scalar_subquery()


@compiles(database_now, "sqlite")
def _sqlite_now(element: database_now, compiler: SQLCompiler, **_: Any) -> str:
    del compiler
    # Six digits, as SQLAlchemy writes datetimes, so that texts compare as times do.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{element.plus_seconds:+d} seconds')"


@compiles(database_now, "postgresql")
def _postgresql_now(element: database_now, compiler: SQLCompiler, **_: Any) -> str:
    del compiler
    return f"(clock_timestamp() + interval '{element.plus_seconds} seconds')"
