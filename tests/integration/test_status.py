"""Rules of what is said of jobs: counts, states, pace, failures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rows import finish_page, new_documents, new_job, new_pages, new_reading, save_reading
from sqlalchemy import update

from sealq_storage.documents import claim_documents, fail_document
from sealq_storage.jobs import cancel_job, mark_submitted
from sealq_storage.pages import claim_pages, fail_page
from sealq_storage.readings import NewRegion
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Job, Page, Reading
from sealq_storage.status import Failure, JobStatus, job_status, list_failures, list_jobs

SEAL = NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, ())


@pytest.fixture
def job_id(sessions: Sessions) -> str:
    """A job whose documents are all listed: none so far."""
    job_id = new_job(sessions, name="March", tags={"team": "audit"})
    with sessions.begin() as session:
        mark_submitted(session, job_id)
    return job_id


def status(sessions: Sessions, job_id: str) -> JobStatus:
    with sessions.begin() as session:
        return job_status(session, job_id)


def read(sessions: Sessions, page_id: int, *regions: NewRegion, sha256: str = "c" * 64) -> None:
    """End a page with a reading."""
    with sessions.begin() as session:
        (page,) = claim_pages(session, [page_id], "worker", 60)
        reading_id = save_reading(session, new_reading(sha256, page.number, *regions))
        finish_page(session, page_id, "worker", reading_id)


def fail(sessions: Sessions, page_id: int, code: str = "corrupt") -> None:
    with sessions.begin() as session:
        claim_pages(session, [page_id], "worker", 60)
        fail_page(session, page_id, "worker", code, "It is damaged.")


def fail_documents(sessions: Sessions, ids: list[int]) -> None:
    with sessions.begin() as session:
        for document in claim_documents(session, ids, "worker", 60):
            fail_document(session, document.id, "worker", "encrypted", "It asks for a password.")


class TestCounts:
    def test_documents_and_pages_are_counted_by_state(
        self, sessions: Sessions, job_id: str
    ) -> None:
        new_documents(sessions, job_id, "listed.pdf")
        fail_documents(sessions, new_documents(sessions, job_id, "broken.pdf"))
        _, held, failed, done = new_pages(sessions, job_id, pages=4)
        fail(sessions, failed)
        read(sessions, done)
        with sessions.begin() as session:
            claim_pages(session, [held], "worker", 60)
        new_pages(sessions, new_job(sessions), pages=5)
        found = status(sessions, job_id)
        assert found.documents == {"listed": 1, "failed": 1, "counted": 1}
        assert found.pages == {"due": 1, "claimed": 1, "failed": 1, "done": 1}
        assert (found.open_documents, found.open_pages, found.failed) == (1, 2, 2)

    def test_seals_are_those_on_its_pages(self, sessions: Sessions, job_id: str) -> None:
        """Two pages with the same reading have its seals each."""
        ids = [*new_pages(sessions, job_id, "a.pdf"), *new_pages(sessions, job_id, "b.pdf")]
        other = new_pages(sessions, new_job(sessions))
        for page_id in [*ids, *other]:
            read(sessions, page_id, SEAL, SEAL)
        assert status(sessions, job_id).seals == 4

    def test_what_is_reported_and_not_read_is_no_seal(
        self, sessions: Sessions, job_id: str
    ) -> None:
        cut, tax_mark = replace(SEAL, label="cut_seal"), replace(SEAL, label="tax_mark")
        (page_id,) = new_pages(sessions, job_id)
        read(sessions, page_id, SEAL, cut, tax_mark, tax_mark)
        found = status(sessions, job_id)
        assert (found.seals, found.cut_seals, found.tax_marks) == (1, 1, 2)

    def test_known_pages_are_those_read_before_the_job(
        self, sessions: Sessions, job_id: str
    ) -> None:
        for page_id in new_pages(sessions, new_job(sessions), "earlier.pdf", pages=2):
            read(sessions, page_id)
        with sessions.begin() as session:
            session.execute(update(Reading).values(created_at=database_now(-3600)))
        for page_id in new_pages(sessions, job_id, pages=3):
            read(sessions, page_id)
        assert status(sessions, job_id).known_pages == 2

    def test_it_shows_what_the_user_called_it(self, sessions: Sessions, job_id: str) -> None:
        found = status(sessions, job_id)
        assert (found.id, found.name, found.preset) == (job_id, "March", "mobile")
        assert found.tags == {"team": "audit"}


class TestState:
    def test_while_the_producer_lists_documents_it_is_submitting(self, sessions: Sessions) -> None:
        assert status(sessions, new_job(sessions)).state == "submitting"

    def test_with_a_document_to_count_it_is_running(self, sessions: Sessions, job_id: str) -> None:
        new_documents(sessions, job_id, "a.pdf")
        assert status(sessions, job_id).state == "running"

    @pytest.mark.parametrize("state", ["due", "claimed"])
    def test_with_a_page_to_read_it_is_running(
        self, sessions: Sessions, job_id: str, state: str
    ) -> None:
        new_pages(sessions, job_id)
        with sessions.begin() as session:
            session.execute(update(Page).values(state=state))
        assert status(sessions, job_id).state == "running"
        assert not status(sessions, job_id).finished

    def test_with_all_ended_it_is_done_whatever_failed(
        self, sessions: Sessions, job_id: str
    ) -> None:
        fail_documents(sessions, new_documents(sessions, job_id, "broken.pdf"))
        failed, done = new_pages(sessions, job_id, pages=2)
        fail(sessions, failed)
        read(sessions, done)
        assert status(sessions, job_id).state == "done"
        assert status(sessions, job_id).finished

    def test_a_cancelled_job_is_cancelled_whatever_was_done(
        self, sessions: Sessions, job_id: str
    ) -> None:
        done, _ = new_pages(sessions, job_id, pages=2)
        read(sessions, done)
        with sessions.begin() as session:
            cancel_job(session, job_id)
        assert status(sessions, job_id).state == "cancelled"
        assert status(sessions, job_id).finished


class TestPace:
    @pytest.fixture
    def ids(self, sessions: Sessions, job_id: str) -> list[int]:
        return new_pages(sessions, job_id, pages=4)

    def age(self, sessions: Sessions, page_id: int, seconds: int) -> None:
        with sessions.begin() as session:
            one = update(Page).where(Page.id == page_id)
            session.execute(one.values(finished_at=database_now(-seconds)))

    def test_a_job_that_rests_has_none(
        self, sessions: Sessions, job_id: str, ids: list[int]
    ) -> None:
        assert status(sessions, job_id).pace is None
        read(sessions, ids[0])
        self.age(sessions, ids[0], seconds=61)
        assert status(sessions, job_id).pace is None
        assert status(sessions, job_id).seconds_left is None

    def test_it_is_the_pages_ended_in_the_last_minute_by_the_time_they_took(
        self, sessions: Sessions, job_id: str, ids: list[int]
    ) -> None:
        read(sessions, ids[0])
        fail(sessions, ids[1])
        self.age(sessions, ids[0], seconds=20)
        found = status(sessions, job_id)
        assert found.pace == pytest.approx(2 / 20, rel=0.3)
        assert found.seconds_left == pytest.approx(2 / (2 / 20), rel=0.3)

    def test_cancelled_pages_are_no_work_done(
        self, sessions: Sessions, job_id: str, ids: list[int]
    ) -> None:
        assert len(ids) == 4
        with sessions.begin() as session:
            cancel_job(session, job_id)
        assert status(sessions, job_id).pace is None


class TestFailures:
    def test_they_come_in_document_and_page_order(self, sessions: Sessions, job_id: str) -> None:
        ids = new_documents(sessions, job_id, "z.pdf")
        one, _, three = new_pages(sessions, job_id, "m.pdf", pages=3)
        ids += new_documents(sessions, job_id, "a.pdf")
        fail(sessions, three)
        fail(sessions, one, "crashed")
        fail_documents(sessions, ids)
        fail(sessions, new_pages(sessions, new_job(sessions), "other.pdf")[0])
        with sessions.begin() as session:
            assert list_failures(session, job_id) == [
                Failure("z.pdf", None, "encrypted", "It asks for a password."),
                Failure("m.pdf", 1, "crashed", "It is damaged."),
                Failure("m.pdf", 3, "corrupt", "It is damaged."),
                Failure("a.pdf", None, "encrypted", "It asks for a password."),
            ]

    def test_a_limit_keeps_the_first(self, sessions: Sessions, job_id: str) -> None:
        for page_id in new_pages(sessions, job_id, pages=3):
            fail(sessions, page_id)
        with sessions.begin() as session:
            assert [failure.page for failure in list_failures(session, job_id, limit=2)] == [1, 2]


def test_jobs_are_listed_newest_first(sessions: Sessions) -> None:
    ids = [new_job(sessions) for _ in range(3)]
    with sessions.begin() as session:
        for age, job_id in enumerate(ids):
            one = update(Job).where(Job.id == job_id)
            session.execute(one.values(created_at=database_now(-age)))
        assert [job.id for job in list_jobs(session, limit=2)] == ids[:2]
