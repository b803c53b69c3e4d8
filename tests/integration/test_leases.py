"""Rules of leases, of documents and of pages alike: one worker has it, by the database's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from rows import new_documents, new_job, new_pages, shift_clock, until_it_waits
from sqlalchemy.orm import Session

from sealq_storage.documents import claim_documents
from sealq_storage.pages import claim_pages
from sealq_storage.sql.engine import Sessions

#: Seconds that outlast a test.
LEASE = 600

Kind = Literal["documents", "pages"]

CLAIMS: dict[Kind, Callable[[Session, Sequence[int], str, int], list[int]]] = {
    "documents": lambda *claim: [document.id for document in claim_documents(*claim)],
    "pages": lambda *claim: [page.id for page in claim_pages(*claim)],
}


@pytest.fixture(params=CLAIMS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """What is claimed; the test runs once on each."""
    found: Kind = request.param
    return found


@pytest.fixture
def ids(sessions: Sessions, kind: Kind) -> list[int]:
    """Two that nobody claimed."""
    job_id = new_job(sessions)
    if kind == "documents":
        return new_documents(sessions, job_id, "a.pdf", "b.pdf")
    return new_pages(sessions, job_id, pages=2)


class Claim:
    """Claims in a transaction of its own."""

    def __init__(self, sessions: Sessions, kind: Kind) -> None:
        self._sessions = sessions
        self.within = CLAIMS[kind]

    def __call__(self, ids: Sequence[int], owner: str, lease: int = LEASE) -> list[int]:
        with self._sessions.begin() as session:
            return self.within(session, ids, owner, lease)


@pytest.fixture
def claim(sessions: Sessions, kind: Kind) -> Claim:
    return Claim(sessions, kind)


def test_a_claim_that_meets_another_not_yet_committed_gets_nothing(
    sessions: Sessions, claim: Claim, ids: list[int]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            assert claim.within(session, ids, "first", LEASE) == ids
            second = pool.submit(claim, ids, "second")
            until_it_waits(session, second)
        assert second.result() == []


def test_while_it_lasts_nobody_else_can_claim(claim: Claim, ids: list[int]) -> None:
    claim(ids, "worker")
    assert claim(ids, "another") == []


def test_its_own_worker_can_claim_again(claim: Claim, ids: list[int]) -> None:
    """A message that comes twice to the same worker finds what it names."""
    claim(ids, "worker")
    assert claim(ids, "worker") == ids


def test_after_its_end_another_can(claim: Claim, ids: list[int]) -> None:
    claim(ids, "worker", lease=-1)
    assert claim(ids, "another") == ids


@pytest.mark.parametrize("days", [-1, 1])
def test_it_goes_by_the_databases_clock(
    claim: Claim, ids: list[int], days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host whose clock is wrong neither takes what others hold nor loses its own."""
    with monkeypatch.context() as patch:
        shift_clock(patch, days)
        claim(ids[:1], "wrong")
    claim(ids[1:], "right")
    assert claim(ids[:1], "right") == []
    shift_clock(monkeypatch, days)
    assert claim(ids[1:], "wrong") == []
