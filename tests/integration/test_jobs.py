"""Rules of jobs: one per client token, found by what a person types, cancelled and retried."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rows import (
    finish_page,
    new_documents,
    new_job,
    new_pages,
    new_reading,
    save_reading,
    spec,
    until_it_waits,
)
from sqlalchemy import select, update

from sealq_storage.documents import (
    Counted,
    NewDocument,
    add_documents,
    begin_documents,
    claim_documents,
    fail_document,
    finish_counting,
)
from sealq_storage.errors import JobNotFoundError, TokenConflictError
from sealq_storage.jobs import NewJob, cancel_job, create_job, find_job, retry_job
from sealq_storage.pages import begin_attempts, claim_pages, fail_page
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Job, Page, Pipeline, Table

#: A client token.
MARCH = "march"

COUNTED = Counted(sha256="c" * 64, size=1, media_type="image/tiff", page_count=1, numbers=[1])


def states(sessions: Sessions, table: type[Document | Page]) -> list[str]:
    with sessions.begin() as session:
        return list(session.scalars(select(table.state).order_by(table.id)))


def everything(sessions: Sessions) -> list[list[Any]]:
    with sessions.begin() as session:
        tables = Table.metadata.sorted_tables
        return [sorted(map(str, session.execute(select(table)))) for table in tables]


class TestClientToken:
    def test_the_same_token_gives_the_same_job(self, sessions: Sessions) -> None:
        first = new_job(sessions, client_token=MARCH, pages="1-3")
        assert new_job(sessions, client_token=MARCH, pages="1-3") == first

    def test_without_a_token_every_job_is_a_new_one(self, sessions: Sessions) -> None:
        assert new_job(sessions) != new_job(sessions)

    @pytest.mark.parametrize(
        "other",
        [
            {"spec": spec(seal_det_thresh=0.5)},  # other parameters
            {"pages": "1"},  # other pages
        ],
    )
    def test_a_token_of_a_job_that_asks_for_something_else_is_refused(
        self, sessions: Sessions, other: dict[str, Any]
    ) -> None:
        job_id = new_job(sessions, client_token=MARCH)
        with pytest.raises(TokenConflictError, match=f"'march' belongs to job {job_id}"):
            new_job(sessions, client_token=MARCH, **other)
        with sessions.begin() as session:
            assert session.scalars(select(Job.id)).all() == [job_id]

    def test_two_producers_with_the_same_token_at_once_get_the_same_job(
        self, sessions: Sessions
    ) -> None:
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                first = create_job(session, NewJob("test", spec(), client_token=MARCH)).id
                second = pool.submit(new_job, sessions, client_token=MARCH)
                until_it_waits(session, second)
            assert second.result() == first

    def test_jobs_that_ask_for_the_same_share_one_pipeline(self, sessions: Sessions) -> None:
        new_job(sessions)
        new_job(sessions)
        with sessions.begin() as session:
            assert session.scalars(select(Pipeline.id)).all() == [spec().id]


class TestFinding:
    @pytest.fixture(autouse=True)
    def jobs(self, sessions: Sessions) -> None:
        for job_id in ("20260101-0001-bbbbb", "20260101-0002-aaaaa", "20260201-0003-aa_aa"):
            made = new_job(sessions)
            with sessions.begin() as session:
                session.execute(update(Job).where(Job.id == made).values(id=job_id))

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ("20260101-0002-aaaaa", "20260101-0002-aaaaa"),  # the whole id
            ("202602", "20260201-0003-aa_aa"),  # a beginning that one job has
            ("last", "20260201-0003-aa_aa"),  # the newest
        ],
    )
    def test_a_job_is_found_by(self, sessions: Sessions, wanted: str, found: str) -> None:
        with sessions.begin() as session:
            assert find_job(session, wanted).id == found

    @pytest.mark.parametrize(
        ("wanted", "reason"),
        [
            ("202601", "several jobs begin so"),
            ("2027", "there is no such job"),
            ("2026010100", "there is no such job"),
            ("2026%aa", "there is no such job"),  # no wildcard of SQL
            ("202602_1", "there is no such job"),
        ],
    )
    def test_what_fits_none_or_several_is_refused(
        self, sessions: Sessions, wanted: str, reason: str
    ) -> None:
        with sessions.begin() as session, pytest.raises(JobNotFoundError, match=reason):
            find_job(session, wanted)


def test_without_a_job_there_is_no_last_one(sessions: Sessions) -> None:
    with sessions.begin() as session, pytest.raises(JobNotFoundError, match="sealq status"):
        find_job(session, "last")


class TestCancel:
    def test_all_that_is_not_final_is_taken_out(self, sessions: Sessions) -> None:
        job_id = new_job(sessions)
        new_documents(sessions, job_id, "listed.pdf")
        _, held, failed = new_pages(sessions, job_id, pages=3)
        with sessions.begin() as session:
            claim_pages(session, [held, failed], "worker", 60)
            fail_page(session, failed, "worker", "corrupt", "It is damaged.")
        with sessions.begin() as session:
            assert cancel_job(session, job_id) == 2
        assert states(sessions, Document) == ["cancelled", "counted"]
        assert states(sessions, Page) == ["cancelled", "cancelled", "failed"]

    def test_other_jobs_go_on(self, sessions: Sessions) -> None:
        cancelled, other = new_job(sessions), new_job(sessions)
        new_documents(sessions, other, "b.pdf")
        new_pages(sessions, other)
        with sessions.begin() as session:
            assert cancel_job(session, cancelled) == 0
        assert states(sessions, Document) == ["listed", "counted"]
        assert states(sessions, Page) == ["due"]

    def test_the_worker_that_reads_a_page_meanwhile_does_not_bring_it_back(
        self, sessions: Sessions
    ) -> None:
        job_id = new_job(sessions)
        ids = new_pages(sessions, job_id)
        with sessions.begin() as session:
            claim_pages(session, ids, "worker", 60)
        with sessions.begin() as session:
            cancel_job(session, job_id)
        with sessions.begin() as session:
            assert not begin_attempts(session, ids[:1], "worker", 60)
            fail_page(session, ids[0], "worker", "corrupt", "It is damaged.")
            finish_page(session, ids[0], "worker", reading_id=1)
            assert claim_pages(session, ids, "worker", 60) == []
        assert states(sessions, Page) == ["cancelled"]

    def test_the_worker_that_counts_a_document_meanwhile_brings_no_pages(
        self, sessions: Sessions
    ) -> None:
        job_id = new_job(sessions)
        ids = new_documents(sessions, job_id, "a.pdf")
        with sessions.begin() as session:
            (document,) = claim_documents(session, ids, "worker", 60)
        with sessions.begin() as session:
            cancel_job(session, job_id)
        with sessions.begin() as session:
            assert not begin_documents(session, ids[:1], "worker", 60)
            assert finish_counting(session, "worker", {document: COUNTED}) == {}
            fail_document(session, ids[0], "worker", "corrupt", "It is damaged.")
        assert states(sessions, Document) == ["cancelled"]

    def test_what_the_producer_lists_afterwards_is_cancelled_as_well(
        self, sessions: Sessions
    ) -> None:
        job_id = new_job(sessions)
        with sessions.begin() as session:
            cancel_job(session, job_id)
        assert new_documents(sessions, job_id, "a.pdf") == []
        assert states(sessions, Document) == ["cancelled"]

    def test_what_the_producer_lists_at_the_same_moment_is_cancelled_as_well(
        self, sessions: Sessions
    ) -> None:
        job_id = new_job(sessions)

        def cancel() -> None:
            with sessions.begin() as session:
                cancel_job(session, job_id)

        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                add_documents(session, job_id, [NewDocument("a.pdf", "file:///a.pdf")])
                cancelled = pool.submit(cancel)
                until_it_waits(session, cancelled)
            cancelled.result()
        assert states(sessions, Document) == ["cancelled"]


class TestRetry:
    def test_failed_and_cancelled_pages_are_due_with_all_attempts_before_them(
        self, sessions: Sessions
    ) -> None:
        job_id = new_job(sessions)
        failed, cancelled = new_pages(sessions, job_id, pages=2)
        with sessions.begin() as session:
            claim_pages(session, [failed], "worker", 60)
            begin_attempts(session, [failed], "worker", 60)
            fail_page(session, failed, "worker", "corrupt", "It is damaged.")
            cancel_job(session, job_id)
            session.execute(update(Page).values(published_at=database_now()))
        with sessions.begin() as session:
            assert retry_job(session, job_id).pages == 2
        with sessions.begin() as session:
            for page in session.scalars(select(Page)):
                assert (page.state, page.attempts, page.published_at) == ("due", 0, None)
                assert (page.error_code, page.error, page.finished_at) == (None, None, None)
            assert len(claim_pages(session, [failed, cancelled], "another", 60)) == 2

    def test_failed_and_cancelled_documents_are_listed_with_all_attempts_before_them(
        self, sessions: Sessions
    ) -> None:
        job_id = new_job(sessions)
        ids = new_documents(sessions, job_id, "failed.pdf", "cancelled.pdf")
        with sessions.begin() as session:
            claim_documents(session, ids, "worker", 60)
            begin_documents(session, ids[:1], "worker", 60)
            fail_document(session, ids[0], "worker", "corrupt", "It is damaged.")
            cancel_job(session, job_id)
        with sessions.begin() as session:
            assert retry_job(session, job_id).documents == 2
        with sessions.begin() as session:
            claimed = claim_documents(session, ids, "another", 60)
            assert [document.attempts for document in claimed] == [0, 0]
            assert session.scalars(select(Document.error)).all() == [None, None]

    def test_nothing_else_changes(self, sessions: Sessions) -> None:
        job_id = new_job(sessions)
        new_documents(sessions, job_id, "listed.pdf")
        _, held, done = new_pages(sessions, job_id, pages=3)
        with sessions.begin() as session:
            claim_pages(session, [held, done], "worker", 60)
            begin_attempts(session, [held], "worker", 60)
            finish_page(session, done, "worker", save_reading(session, new_reading()))
        before = everything(sessions)
        with sessions.begin() as session:
            retried = retry_job(session, job_id)
        assert (retried.documents, retried.pages) == (0, 0)
        assert everything(sessions) == before

    def test_other_jobs_stay_cancelled(self, sessions: Sessions) -> None:
        retried, other = new_job(sessions), new_job(sessions)
        new_pages(sessions, other)
        with sessions.begin() as session:
            cancel_job(session, other)
            retry_job(session, retried)
        assert states(sessions, Page) == ["cancelled"]
