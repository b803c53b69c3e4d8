"""Figures of the whole stack for those who watch over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from sealq_storage.sql.clock import database_now
from sealq_storage.sql.tables import Document, Job, Page, PageState, Reading
from sealq_storage.webhooks import has_open_work

#: Seconds of the past over which stages and devices are looked at, and readings at most.
LATELY_SECONDS = 300
_LATELY_READINGS = 2000


@dataclass(frozen=True)
class Lately:
    """What was read within the last minutes."""

    #: Over which the figures were taken.
    window_seconds: float
    readings: int
    #: Seconds by stage, of all these readings together.
    stages: Mapping[str, float]
    #: Seconds of reading by device, likewise.
    devices: Mapping[str, float]


@dataclass(frozen=True)
class Measures:
    """How the stack stands."""

    #: Documents and pages by state.
    documents: Mapping[str, int]
    pages: Mapping[str, int]
    #: Attempts to read a page so far, of all pages that are known.
    attempts: int
    #: Failed documents and pages by code.
    failures: Mapping[str, int]
    #: Seconds since the oldest job was made in which something is left to do, by priority.
    oldest_seconds: Mapping[int, float]
    lately: Lately


def take_measures(session: Session) -> Measures:
    """Look at the whole stack: one pass over documents and pages, and the newest readings."""
    documents, document_failures, _ = _by_state(session, Document)
    pages, page_failures, attempts = _by_state(session, Page)
    failures: defaultdict[str, int] = defaultdict(int)
    for found in (document_failures, page_failures):
        for code, count in found.items():
            failures[code] += count
    return Measures(documents, pages, attempts, failures, _oldest(session), _lately(session))


def _by_state(
    session: Session, table: type[Document | Page]
) -> tuple[dict[str, int], dict[str, int], int]:
    states: defaultdict[str, int] = defaultdict(int)
    failures: defaultdict[str, int] = defaultdict(int)
    attempts = 0
    query = select(table.state, table.error_code, func.count(), func.sum(table.attempts))
    for state, code, count, tried in session.execute(query.group_by(table.state, table.error_code)):
        states[state] += count
        attempts += int(tried)
        if state == PageState.FAILED:
            failures[code or "unknown"] += count
    return dict(states), dict(failures), attempts


def _oldest(session: Session) -> dict[int, float]:
    query = (
        select(Job.priority, func.min(Job.created_at), database_now())
        .where(Job.cancelled_at.is_(None), has_open_work())
        .group_by(Job.priority)
    )
    return {
        priority: max((now - oldest).total_seconds(), 0.0)
        for priority, oldest, now in session.execute(query)
    }


def _lately(session: Session) -> Lately:
    newest = select(Reading.seconds, Reading.device, Reading.created_at, database_now())
    rows = session.execute(newest.order_by(Reading.id.desc()).limit(_LATELY_READINGS)).all()
    stages: defaultdict[str, float] = defaultdict(float)
    devices: defaultdict[str, float] = defaultdict(float)
    # By the key, which has an index: so the oldest of the newest bound the window.
    recent = [row for row in rows if (row[3] - row[2]).total_seconds() <= LATELY_SECONDS]
    for seconds, device, _, _ in recent:
        devices[device] += seconds.get("read", 0.0)
        for stage, value in seconds.items():
            stages[stage] += value
    window = float(LATELY_SECONDS)
    if len(recent) == _LATELY_READINGS:
        window = max((recent[-1][3] - recent[-1][2]).total_seconds(), 1.0)
    return Lately(window, len(recent), stages, devices)
