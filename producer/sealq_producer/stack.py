"""What a command works with: the database, the object store, the messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sealq_configs.settings import Settings
from sealq_storage.dispatch import Dispatcher
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.opening import open_database
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
    with open_database(settings.database) as database:
        transport = Transport(make_celery(settings))
        yield Stack(
            settings=settings,
            sessions=database.sessions,
            queries=database.queries,
            objects=open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url),
            transport=transport,
            dispatcher=Dispatcher(database.sessions, transport, settings),
        )
