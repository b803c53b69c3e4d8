"""Publish what SQL says is due: after a commit, and again when no message covers it any more."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Row, Select, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from sealq_configs.settings import Settings
from sealq_storage.errors import BrokerUnreachableError
from sealq_storage.pages import claimable
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, DocumentState, Job, Page
from sealq_storage.transport import Transport

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Rows that one round of `republish_due` takes; it goes on until none is left.
ROUND_ROWS = 2000


@dataclass(frozen=True)
class Route:
    """Which queue and priority a job's messages take."""

    priority: int
    device_kind: str | None


@dataclass(frozen=True)
class Republished:
    """What was published again."""

    documents: int
    pages: int


class Dispatcher:
    """Sends ids in chunks and notes in SQL that it did."""

    def __init__(self, sessions: Sessions, transport: Transport, settings: Settings) -> None:
        self._sessions = sessions
        self._transport = transport
        self._settings = settings

    def count(self, document_ids: Sequence[int], route: Route) -> None:
        """Publish documents to be counted. The rows must be committed.

        Raises:
            BrokerUnreachableError: The rest stays unpublished; `republish_due` takes it up.
        """
        for chunk in chunked(document_ids, self._settings.chunk_documents):
            self._transport.send_count(chunk, priority=route.priority)
            self._note(Document, chunk)

    def read(self, page_ids: Sequence[int], route: Route) -> None:
        """Publish pages to be read. The rows must be committed.

        Raises:
            BrokerUnreachableError: The rest stays unpublished; `republish_due` takes it up.
        """
        for chunk in chunked(page_ids, self._settings.chunk_pages):
            self._transport.send_read(chunk, priority=route.priority, device_kind=route.device_kind)
            self._note(Page, chunk)

    def offer(self, page_ids: Sequence[int], route: Route) -> None:
        """Publish pages to be read, or leave them to `resume` where Redis is away."""
        try:
            self.read(page_ids, route)
        except BrokerUnreachableError as exc:
            log.warning("%s; published later: %d pages", exc, len(page_ids))

    def waiting(self, queues: Collection[str]) -> int:
        """Count the messages of these queues that no worker has taken yet.

        Raises:
            BrokerUnreachableError: Redis does not answer.
        """
        return self._transport.waiting(queues)

    def resume(self) -> Republished:
        """Publish what no message covers any more; workers call it every `resume_seconds`.

        Raises:
            BrokerUnreachableError: Redis does not answer; the next call takes it up.
        """
        # Nothing waits in Redis, and yet rows have been due for a while: their messages are lost.
        lost = self._transport.waiting() == 0
        settings = self._settings
        age = settings.resume_seconds if lost else settings.visibility_timeout
        return self.republish_due(older_than=age)

    def republish_due(self, *, older_than: int, job_id: str | None = None) -> Republished:
        """Publish what is due and was never published, or longer ago than so many seconds.

        A message twice is harmless: a worker claims in SQL what it works on. With Redis empty,
        0 is right; otherwise the visibility timeout, after which Redis itself would redeliver.
        """
        return Republished(
            documents=self._send_all(Document, _due_documents(older_than, job_id), self.count),
            pages=self._send_all(Page, _due_pages(older_than, job_id), self.read),
        )

    def _send_all(
        self,
        table: type[Document | Page],
        due: Select[int, int, str | None],
        send: Callable[[Sequence[int], Route], None],
    ) -> int:
        """Send all that a query finds, a round at a time; return the number."""
        sent = last = 0
        # Onwards by id, not "until none is due": what was just sent is due until it is claimed.
        while rows := self._rows(due.where(table.id > last).order_by(table.id).limit(ROUND_ROWS)):
            for route, ids in _by_route(rows).items():
                send(ids, route)
            sent += len(rows)
            last = rows[-1][0]
        return sent

    def _rows(self, query: Select[int, int, str | None]) -> Sequence[Row[int, int, str | None]]:
        with self._sessions.begin() as session:
            return session.execute(query).all()

    def _note(self, table: type[Document | Page], ids: Sequence[int]) -> None:
        with self._sessions.begin() as session:
            session.execute(
                update(table).where(table.id.in_(ids)).values(published_at=database_now())
            )


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of at most so many."""
    stream = iter(items)
    while chunk := list(islice(stream, size)):
        yield chunk


def _by_route(rows: Iterable[Row[int, int, str | None]]) -> dict[Route, list[int]]:
    routes: defaultdict[Route, list[int]] = defaultdict(list)
    for id_, priority, device_kind in rows:
        routes[Route(priority, device_kind)].append(id_)
    return routes


def _due_documents(older_than: int, job_id: str | None) -> Select[int, int, str | None]:
    free = or_(Document.lease_owner.is_(None), Document.lease_until < database_now())
    query = (
        select(Document.id, Job.priority, Job.device_kind)
        .join(Job, Job.id == Document.job_id)
        .where(Document.state == DocumentState.LISTED, free, Job.cancelled_at.is_(None))
        .where(_unpublished(Document.published_at, older_than))
    )
    return query.where(Document.job_id == job_id) if job_id else query


def _due_pages(older_than: int, job_id: str | None) -> Select[int, int, str | None]:
    query = (
        select(Page.id, Job.priority, Job.device_kind)
        .join(Job, Job.id == Page.job_id)
        .where(claimable(), Job.cancelled_at.is_(None))
        .where(_unpublished(Page.published_at, older_than))
    )
    return query.where(Page.job_id == job_id) if job_id else query


def _unpublished(
    published_at: InstrumentedAttribute[datetime | None], older_than: int
) -> ColumnElement[bool]:
    return or_(published_at.is_(None), published_at <= database_now(-older_than))
