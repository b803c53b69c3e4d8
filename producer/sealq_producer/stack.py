"""What a command works with: the database, the object store, the messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sealq_configs.settings import Settings
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
        DatabaseUnreachableError: The database does not answer.
        DatabaseVersionError: Its tables are not those of this sealq.
    """
    engine = open_engine(settings.database)
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
    """Create or migrate the tables.

    Raises:
        DatabaseUnreachableError: The database does not answer.
    """
    engine = open_engine(settings.database)
    try:
        with reachable(engine):
            upgrade(engine)
    finally:
        engine.dispose()
