"""Publish what SQL says is due: after a commit, and again when no message covers it any more."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, update

from sealq_configs.settings import Settings
from sealq_storage.errors import BrokerUnreachableError
from sealq_storage.pages import abandoned
from sealq_storage.sql.clock import database_now, moment
from sealq_storage.sql.engine import Sessions, commit_at_leisure
from sealq_storage.sql.tables import Document, DocumentState, Job, Page, PageState, in_state
from sealq_storage.transport import Transport

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Rows that one round of `republish_due` takes; it goes on until none is left.
ROUND_ROWS = 2000
#: Rows in one statement: databases limit the number of its parameters.
NOTED_ROWS = 1000


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
        with self._noted(Document) as sent:
            for chunk in chunked(document_ids, self._settings.chunk_documents):
                self._transport.send_count(chunk, priority=route.priority)
                sent.extend(chunk)

    def read(self, page_ids: Sequence[int], route: Route, size: int | None = None) -> None:
        """Publish pages to be read. The rows must be committed.

        Args:
            page_ids: Of one route.
            route: Of their job.
            size: Pages in one message; None: as it is set.

        Raises:
            BrokerUnreachableError: The rest stays unpublished; `republish_due` takes it up.
        """
        with self._noted(Page) as sent:
            for chunk in chunked(page_ids, size or self._settings.chunk_pages):
                self._transport.send_read(
                    chunk, priority=route.priority, device_kind=route.device_kind
                )
                sent.extend(chunk)

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
        free = or_(Document.lease_owner.is_(None), Document.lease_until < moment())
        listed = and_(in_state(Document, DocumentState.LISTED), free)
        due = in_state(Page, PageState.DUE)
        with self._sessions.begin() as session:
            before = session.scalars(select(database_now(-older_than))).one()
        documents = self._send_due(Document, listed, before, job_id)
        pages = self._send_due(Page, due, before, job_id)
        return Republished(documents, pages + self._send_abandoned(before, job_id))

    def _send_due(
        self,
        table: type[Document | Page],
        free: ColumnElement[bool],
        before: datetime,
        job_id: str | None,
    ) -> int:
        """Send the free rows that were never published, or before a time; return the number."""
        query = _with_route(table, free, job_id)
        # What was just sent was not published before that time: it is not found again.
        long_ago = query.where(table.published_at <= before)
        sent = 0
        while rows := self._rows(long_ago.order_by(table.published_at, table.id)):
            sent += self._send_round(table, rows)
        # Onwards by id, not "until none is found": a worker may give back what was just sent.
        never = query.where(table.published_at.is_(None)).order_by(table.id)
        last = 0
        while rows := self._rows(never.where(table.id > last)):
            sent += self._send_round(table, rows)
            last = rows[-1].id
        return sent

    def _send_abandoned(self, before: datetime, job_id: str | None) -> int:
        uncovered = or_(Page.published_at.is_(None), Page.published_at <= before)
        query = _with_route(Page, abandoned(), job_id).where(uncovered)
        sent = 0
        # In no order that an index of all pages has: SQLite would go through that one.
        while rows := self._rows(query.order_by(Page.lease_until)):
            sent += self._send_round(Page, rows)
        return sent

    def _send_round(
        self, table: type[Document | Page], rows: Sequence[Row[int, int, str | None]]
    ) -> int:
        send = self.count if table is Document else self.read
        for route, ids in _by_route(rows).items():
            send(ids, route)
        return len(rows)

    def _rows(self, query: Select[int, int, str | None]) -> Sequence[Row[int, int, str | None]]:
        with self._sessions.begin() as session:
            return session.execute(query.limit(ROUND_ROWS)).all()

    @contextmanager
    def _noted(self, table: type[Document | Page]) -> Iterator[list[int]]:
        """Yield a list; note of the rows whose ids it holds in the end that they were sent."""
        sent: list[int] = []
        try:
            yield sent
        finally:
            if sent:
                self._note(table, sent)

    def _note(self, table: type[Document | Page], ids: Sequence[int]) -> None:
        with self._sessions.begin() as session:
            commit_at_leisure(session)
            for part in chunked(ids, NOTED_ROWS):
                session.execute(
                    update(table)
                    .where(table.id.in_(part))
                    .values(published_at=database_now())
                    .execution_options(synchronize_session=False)
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


def _with_route(
    table: type[Document | Page], free: ColumnElement[bool], job_id: str | None
) -> Select[int, int, str | None]:
    query = (
        select(table.id, Job.priority, Job.device_kind)
        .join(Job, Job.id == table.job_id)
        .where(free, Job.cancelled_at.is_(None))
    )
    return query.where(table.job_id == job_id) if job_id else query
