"""Rules of documents: listed once per job, claimed by one worker, counted or failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from rows import end_leases, new_documents, new_job
from sqlalchemy import select, update

from sealq_storage.documents import (
    ClaimedDocument,
    Counted,
    NewDocument,
    add_documents,
    begin_documents,
    claim_documents,
    fail_document,
    finish_counting,
    give_back_documents,
)
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Page

#: Seconds that outlast a test.
LEASE = 600

COUNTED = Counted("c" * 64, size=7, media_type="image/tiff", page_count=3, numbers=[1, 3])


@pytest.fixture
def job_id(sessions: Sessions) -> str:
    return new_job(sessions, pages="1-3", priority=7, device_kind="gpu")


@pytest.fixture
def ids(sessions: Sessions, job_id: str) -> list[int]:
    """Two listed documents."""
    return new_documents(sessions, job_id, "a.pdf", "b.pdf")


def claim(
    sessions: Sessions, ids: Sequence[int], owner: str, lease: int = LEASE
) -> list[ClaimedDocument]:
    with sessions.begin() as session:
        return claim_documents(session, ids, owner, lease)


def rows(sessions: Sessions) -> list[str]:
    with sessions.begin() as session:
        return list(map(str, session.execute(select(Document.__table__).order_by(Document.id))))


def pages(sessions: Sessions) -> list[tuple[int, int]]:
    with sessions.begin() as session:
        found = select(Page.document_id, Page.number).order_by(Page.id)
        return [(document_id, number) for document_id, number in session.execute(found)]


class TestListing:
    def test_a_source_is_listed_once_per_job(self, sessions: Sessions, job_id: str) -> None:
        first = new_documents(sessions, job_id, "a.pdf", "a.pdf")
        assert len(first) == 1
        assert len(new_documents(sessions, job_id, "a.pdf", "b.pdf")) == 1
        assert new_documents(sessions, new_job(sessions), "a.pdf") != []

    def test_a_document_that_the_producer_could_not_read_has_failed_and_is_not_counted(
        self, sessions: Sessions, job_id: str
    ) -> None:
        refused = NewDocument("a.pdf", "file:///a.pdf", error_code="forbidden", error="No access.")
        with sessions.begin() as session:
            assert add_documents(session, job_id, [refused]) == []
        with sessions.begin() as session:
            found = session.scalars(select(Document)).one()
            assert (found.state, found.error_code, found.error) == (
                "failed",
                "forbidden",
                "No access.",
            )

    def test_an_empty_batch_is_nothing(self, sessions: Sessions, job_id: str) -> None:
        assert new_documents(sessions, job_id) == []


class TestClaim:
    def test_it_tells_what_the_job_asks_for(self, sessions: Sessions, ids: list[int]) -> None:
        first, second = claim(sessions, ids[::-1], "worker")
        assert (first.source, second.source) == ("a.pdf", "b.pdf")
        assert (first.pages, first.priority, first.device_kind) == ("1-3", 7, "gpu")

    def test_only_begin_counts_an_attempt(self, sessions: Sessions, ids: list[int]) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            assert begin_documents(session, ids[:1], "worker", LEASE)
        assert [document.attempts for document in claim(sessions, ids, "worker")] == [1, 0]

    def test_begin_renews_the_lease(self, sessions: Sessions, ids: list[int]) -> None:
        claim(sessions, ids, "worker", lease=-1)
        with sessions.begin() as session:
            begin_documents(session, ids[:1], "worker", LEASE)
        assert [document.id for document in claim(sessions, ids, "another")] == ids[1:]

    def test_what_is_given_back_is_free_and_unpublished(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        with sessions.begin() as session:
            session.execute(update(Document).values(published_at=database_now()))
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            give_back_documents(session, "another")
            give_back_documents(session, "worker", ids[:1])
        with sessions.begin() as session:
            found = session.scalars(select(Document.published_at).order_by(Document.id))
            assert [published is None for published in found] == [True, False]
        assert [document.id for document in claim(sessions, ids, "another")] == ids[:1]


class TestCounting:
    def test_the_selected_pages_become_rows_in_their_order(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        document, _ = claim(sessions, ids, "worker")
        with sessions.begin() as session:
            (made,) = finish_counting(session, "worker", {document: COUNTED}).values()
        assert made == sorted(made)
        assert pages(sessions) == [(ids[0], 1), (ids[0], 3)]
        with sessions.begin() as session:
            found = session.get_one(Document, ids[0])
            assert (found.state, found.sha256, found.size) == ("counted", "c" * 64, 7)
            assert (found.media_type, found.page_count) == ("image/tiff", 3)

    def test_more_pages_than_one_statement_takes_stay_in_their_order(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        document, _ = claim(sessions, ids, "worker")
        with sessions.begin() as session:
            counted = replace(COUNTED, numbers=range(1, 2501))
            (made,) = finish_counting(session, "worker", {document: counted}).values()
        with sessions.begin() as session:
            number_of = {page.id: page.number for page in session.scalars(select(Page))}
        assert [number_of[page_id] for page_id in made] == list(range(1, 2501))

    def test_each_of_several_gets_what_was_told_of_it(
        self, sessions: Sessions, ids: list[int]
    ) -> None:
        """Its size beyond 32 bits, too; and not one that another worker took over meanwhile."""
        large, small = claim(sessions, ids, "worker")
        told = {
            small: replace(COUNTED, sha256="a" * 64, page_count=1, numbers=[1]),
            large: replace(COUNTED, sha256="b" * 64, size=1 << 33, media_type="application/pdf"),
            replace(large, id=large.id + 1000): COUNTED,
        }
        with sessions.begin() as session:
            made = finish_counting(session, "worker", told)
        assert [len(made[id_]) for id_ in ids] == [2, 1]
        assert sorted(pages(sessions)) == [(large.id, 1), (large.id, 3), (small.id, 1)]
        with sessions.begin() as session:
            columns = (Document.sha256, Document.size, Document.media_type, Document.page_count)
            found = session.execute(select(*columns).order_by(Document.id)).all()
        assert [tuple(row) for row in found] == [
            ("b" * 64, 1 << 33, "application/pdf", 3),
            ("a" * 64, 7, "image/tiff", 1),
        ]

    def test_a_failed_document_says_why(self, sessions: Sessions, ids: list[int]) -> None:
        claim(sessions, ids, "worker")
        with sessions.begin() as session:
            fail_document(session, ids[0], "worker", "corrupt", "It is damaged.")
        with sessions.begin() as session:
            found = session.get_one(Document, ids[0])
            assert (found.state, found.error_code, found.error) == (
                "failed",
                "corrupt",
                "It is damaged.",
            )

    def test_who_lost_the_lease_changes_nothing(self, sessions: Sessions, ids: list[int]) -> None:
        document, _ = claim(sessions, ids, "slow")
        with sessions.begin() as session:
            end_leases(session)
        claim(sessions, ids, "quick")
        before = rows(sessions)
        with sessions.begin() as session:
            assert not begin_documents(session, ids[:1], "slow", LEASE)
            assert finish_counting(session, "slow", {document: COUNTED}) == {}
            fail_document(session, ids[1], "slow", "corrupt", "It is damaged.")
            give_back_documents(session, "slow")
        assert rows(sessions) == before
        assert pages(sessions) == []
