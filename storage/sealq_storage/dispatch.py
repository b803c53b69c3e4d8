"""Publish what SQL says is due: after a commit, and again when no message covers it any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import Select, or_, select, update

from sealq_configs.settings import Settings
from sealq_storage.pages import claimable
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, DocumentState, Job, Page
from sealq_storage.transport import Transport

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

    def republish_due(self, *, older_than: int, job_id: str | None = None) -> Republished:
        """Publish what is due and was never published, or longer ago than so many seconds.

        A message twice is harmless: a worker claims in SQL what it works on. With Redis empty,
        0 is right; otherwise the visibility timeout, after which Redis itself would redeliver.
        """
        cutoff = self._moment(older_than)
        documents = pages = 0
        while batch := self._due(_due_documents(cutoff, job_id)):
            documents += sum(len(ids) for ids in batch.values())
            for route, ids in batch.items():
                self.count(ids, route)
        while batch := self._due(_due_pages(cutoff, job_id)):
            pages += sum(len(ids) for ids in batch.values())
            for route, ids in batch.items():
                self.read(ids, route)
        return Republished(documents, pages)

    def _moment(self, seconds_ago: int) -> datetime:
        with self._sessions.begin() as session:
            return session.scalars(select(database_now(-seconds_ago))).one()

    def _due(self, query: Select[int, int, str | None]) -> dict[Route, list[int]]:
        """Return the ids of one round by route."""
        routes: defaultdict[Route, list[int]] = defaultdict(list)
        with self._sessions.begin() as session:
            for id_, priority, device_kind in session.execute(query.limit(ROUND_ROWS)):
                routes[Route(priority, device_kind)].append(id_)
        return routes

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


def _due_documents(cutoff: datetime, job_id: str | None) -> Select[int, int, str | None]:
    free = or_(Document.lease_owner.is_(None), Document.lease_until < database_now())
    query = (
        select(Document.id, Job.priority, Job.device_kind)
        .join(Job, Job.id == Document.job_id)
        .where(Document.state == DocumentState.LISTED, free, Job.cancelled_at.is_(None))
        .where(or_(Document.published_at.is_(None), Document.published_at <= cutoff))
        .order_by(Document.id)
    )
    return query.where(Document.job_id == job_id) if job_id else query


def _due_pages(cutoff: datetime, job_id: str | None) -> Select[int, int, str | None]:
    query = (
        select(Page.id, Job.priority, Job.device_kind)
        .join(Job, Job.id == Page.job_id)
        .where(claimable(), Job.cancelled_at.is_(None))
        .where(or_(Page.published_at.is_(None), Page.published_at <= cutoff))
        .order_by(Page.document_id, Page.number)
    )
    return query.where(Page.job_id == job_id) if job_id else query
