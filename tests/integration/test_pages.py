"""Rules of pages: a claim is a lease of one worker, by the database's clock."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from rows import (
    end_leases,
    finish_page,
    new_job,
    new_pages,
    new_reading,
    save_reading,
)
from sqlalchemy import select, update

from sealq_storage.causes import Cause, FailedAttempt
from sealq_storage.pages import (
    begin_attempts,
    claim_pages,
    end_attempts,
    fail_page,
    give_back_pages,
    spare_attempts,
)
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Page

#: Seconds that outlast a test.
LEASE = 600

#: An attempt of three.
CRASH = FailedAttempt(Cause.CRASHED, "It ended.", max_attempts=3)


@pytest.fixture
def ids(sessions: Sessions) -> list[int]:
    """Three due pages."""
    return new_pages(sessions, new_job(sessions), pages=3)


def claim(sessions: Sessions, ids: Sequence[int], owner: str, lease: int = LEASE) -> list[int]:
    with sessions.begin() as session:
        return [page.id for page in claim_pages(session, ids, owner, lease)]


def rows(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return list(map(str, session.execute(select(Page.__table__).order_by(Page.id))))


def lose_leases(sessions: Sessions, ids: Sequence[int]) -> None:
    """Let `slow` claim pages and `quick` take them over."""
    claim(sessions, ids, "slow")
    with sessions.begin() as session:
        end_leases(session)
    assert claim(sessions, ids, "quick") == ids


class TestClaim:
    def test_pages_are_claimed_in_document_and_page_order(self, sessions: Sessions) -> None:
        job_id = new_job(sessions)
        ids = [*new_pages(sessions, job_id, "a.pdf", 2), *new_pages(sessions, job_id, "b.pdf", 2)]
        with sessions.begin() as session:
            claimed = claim_pages(session, ids[::-1], "worker", LEASE)
        assert [(page.source, page.number) for page in claimed] == [
            ("a.pdf", 1),
            ("a.pdf", 2),
            ("b.pdf", 1),
            ("b.pdf", 2),
        ]

    def test_only_the_pages_named_are_claimed(self, sessions: Sessions, ids: list[int]) -> None:
        assert claim(sessions, ids[:1], "worker") == ids[:1]
        assert claim(sessions, ids, "another") == ids[1:]

    def test_workers_that_claim_at_once_get_each_page_once(self, sessions: Sessions) -> None:
        job_id = new_job(sessions)
        ids = new_pages(sessions, job_id, pages=60)
        together = Barrier(4, timeout=60)

        def work(number: int) -> list[int]:
            order = ids[:: 1 if number % 2 else -1]
            together.wait()
            chunks = [order[start : start + 6] for start in range(0, len(order), 6)]
            return [id_ for chunk in chunks for id_ in claim(sessions, chunk, f"worker {number}")]

        with ThreadPoolExecutor(4) as pool:
            claimed = [id_ for got in pool.map(work, range(4)) for id_ in got]
        assert sorted(claimed) == ids

    def test_what_is_final_is_not_claimed(self, sessions: Sessions, ids: list[int]) -> None:
        with sessions.begin() as session:
            for page_id, state in zip(ids, ("done", "failed", "cancelled"), strict=True):
                session.execute(update(Page).where(Page.id == page_id).values(state=state))
            end_leases(session)
        assert claim(sessions, ids, "worker") == []

    def test_a_claim_alone_counts_no_attempt(self, sessions: Sessions, ids: list[int]) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            assert session.scalars(select(Page.attempts)).all() == [0, 0, 0]


class TestAttempt:
    def test_it_is_counted_when_the_reading_begins(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            assert begin_attempts(session, ids[1:2], "worker", LEASE) == {ids[1]}
        with sessions.begin() as session:
            assert session.scalars(select(Page.attempts).order_by(Page.id)).all() == [0, 1, 0]

    def test_it_renews_the_lease_of_its_page(self, sessions: Sessions, ids: list[int]) -> None:
        claim(sessions, ids, "worker", lease=-1)
        with sessions.begin() as session:
            begin_attempts(session, ids[:1], "worker", LEASE)
            renewed = select(Page.id).where(Page.lease_until > database_now(LEASE - 60))
            assert session.scalars(renewed).all() == ids[:1]

    def test_one_that_failed_leaves_its_page_due_and_says_why(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            begin_attempts(session, ids[:1], "worker", LEASE)
            assert end_attempts(session, ids[:1], "worker", CRASH) == ids[:1]
        with sessions.begin() as session:
            page = session.get_one(Page, ids[0])
            assert (page.state, page.attempts, page.error_code) == ("due", 1, "crashed")
            assert (page.lease_owner, page.published_at) == (None, None)

    def test_the_last_one_that_failed_makes_its_page_a_dead_letter(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        for _ in range(CRASH.max_attempts):
            claim(sessions, ids, "worker")
            with sessions.begin() as session:
                begin_attempts(session, ids[:1], "worker", LEASE)
                again = end_attempts(session, ids[:1], "worker", CRASH)
        assert again == []
        with sessions.begin() as session:
            page = session.get_one(Page, ids[0])
            assert (page.state, page.attempts, page.error_code) == ("failed", 3, "crashed")
            assert (page.lease_owner, page.error) == ("worker", "It ended.")
            assert page.finished_at is not None

    def test_one_that_was_nobodys_fault_does_not_count(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            begin_attempts(session, ids[:1], "worker", LEASE)
            spare_attempts(session, ids, "worker")
        with sessions.begin() as session:
            assert session.scalars(select(Page.attempts)).all() == [0, 0, 0]


class TestWhoLostTheLease:
    def test_begins_no_attempt(self, sessions: Sessions, ids: list[int]) -> None:
        lose_leases(sessions, ids)
        before = rows(sessions)
        with sessions.begin() as session:
            assert not begin_attempts(session, ids[:1], "slow", LEASE)
        assert rows(sessions) == before

    def test_ends_nothing(self, sessions: Sessions, ids: list[int]) -> None:
        lose_leases(sessions, ids)
        before = rows(sessions)
        with sessions.begin() as session:
            finish_page(session, ids[0], "slow", save_reading(session, new_reading()))
            fail_page(session, ids[1], "slow", "corrupt", "It is damaged.")
            spare_attempts(session, ids, "slow")
            assert end_attempts(session, ids, "slow", CRASH) == []
            assert give_back_pages(session, "slow") == []
        assert rows(sessions) == before


class TestEnd:
    def test_a_read_page_has_its_reading_and_no_error(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            reading_id = save_reading(session, new_reading())
            finish_page(session, ids[0], "worker", reading_id)
        with sessions.begin() as session:
            page = session.get_one(Page, ids[0])
            assert (page.state, page.reading_id, page.lease_owner) == ("done", reading_id, None)
            assert page.finished_at is not None

    def test_a_failed_page_says_why(self, sessions: Sessions, ids: list[int]) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            fail_page(session, ids[0], "worker", "corrupt", "It is damaged.")
        with sessions.begin() as session:
            page = session.get_one(Page, ids[0])
            assert (page.state, page.error_code, page.error) == (
                "failed",
                "corrupt",
                "It is damaged.",
            )

    def test_what_a_worker_gives_back_is_due_and_unpublished(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        with sessions.begin() as session:
            session.execute(update(Page).values(published_at=database_now()))
        claim(sessions, ids[:2], "worker")
        claim(sessions, ids[2:], "another")
        with sessions.begin() as session:
            assert give_back_pages(session, "worker", ids[1:]) == ids[1:2]
        with sessions.begin() as session:
            found = session.execute(select(Page.state, Page.published_at).order_by(Page.id)).all()
        assert [state for state, _ in found] == ["claimed", "due", "claimed"]
        assert [published is None for _, published in found] == [False, True, False]

    def test_a_restarted_worker_gives_back_all_it_held(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            assert sorted(give_back_pages(session, "worker")) == ids
        assert claim(sessions, ids, "another") == ids
