"""The tallies say at every moment what counting the rows would say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rows import (
    end_leases,
    new_documents,
    new_job,
    new_pages,
    new_reading,
    save_reading,
    spec,
)
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from tallies import kept_tallies, true_tallies

from sealq_storage.causes import Cause, FailedAttempt
from sealq_storage.dead_letters import requeue_dead_letters
from sealq_storage.documents import NewDocument, add_documents, claim_documents, fail_document
from sealq_storage.jobs import NewJob, cancel_job, create_job, retry_job, save_pipeline
from sealq_storage.pages import (
    begin_attempts,
    claim_pages,
    end_attempts,
    fail_page,
    finish_pages,
    give_back_pages,
)
from sealq_storage.readings import NewRegion
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Job, Page, Reading

SEAL = NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, ())
MARK = NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, (), label="tax_mark")


@contextmanager
def counted(sessions: Sessions) -> Iterator[Session]:
    """Yield a transaction; compare the tallies after it."""
    with sessions.begin() as session:
        yield session
    with sessions.begin() as session:
        assert kept_tallies(session) == true_tallies(session)


def test_whatever_happens_to_pages_they_are_true(sessions: Sessions) -> None:
    job_id, other = new_job(sessions), new_job(sessions)
    ids = [*new_pages(sessions, job_id, "a.pdf", 5), *new_pages(sessions, other, "b.pdf", 2)]
    with sessions.begin() as session:
        reading_id = save_reading(session, new_reading("e" * 64, 1, SEAL, SEAL, MARK))
        session.execute(update(Reading).values(created_at=database_now(-3600)))
    with counted(sessions) as session:
        assert len(claim_pages(session, ids, "worker", 60)) == 7
    with counted(sessions) as session:
        begin_attempts(session, ids, "worker", 60)
    with counted(sessions) as session:
        give_back_pages(session, "worker", ids[:1])
        finish_pages(session, "worker", {ids[1]: reading_id, ids[5]: reading_id})
        fail_page(session, ids[2], "worker", "corrupt", "It is damaged.")
    with counted(sessions) as session:
        failed = FailedAttempt(Cause.CRASHED, "It died.", max_attempts=1)
        end_attempts(session, ids[3:4], "worker", failed)
    with counted(sessions) as session:
        end_leases(session)
        claim_pages(session, ids, "next", 60)
    with counted(sessions) as session:
        assert requeue_dead_letters(session, job_id=job_id).pages == 1
    with counted(sessions) as session:
        cancel_job(session, job_id)
    with counted(sessions) as session:
        retry_job(session, job_id)


def test_whatever_happens_to_documents_they_are_true(sessions: Sessions) -> None:
    job_id = new_job(sessions)
    with counted(sessions) as session:
        refused = NewDocument("c.zip", "c.zip", error_code="not_taken", error="It is an archive.")
        add_documents(session, job_id, [NewDocument("a", "a"), NewDocument("b", "b"), refused])
    ids = new_documents(sessions, job_id, "d", "e")
    with counted(sessions) as session:
        claim_documents(session, ids, "worker", 60)
        fail_document(session, ids[0], "worker", "encrypted", "It asks for a password.")
    with counted(sessions) as session:
        cancel_job(session, job_id)
    with counted(sessions) as session:
        retry_job(session, job_id)


def test_what_is_deleted_counts_no_more(sessions: Sessions) -> None:
    job_id, other = new_job(sessions), new_job(sessions)
    ids = [*new_pages(sessions, job_id, "a.pdf", 2), *new_pages(sessions, other, "b.pdf", 2)]
    with counted(sessions) as session:
        claim_pages(session, ids, "worker", 60)
        finish_pages(
            session, "worker", {ids[2]: save_reading(session, new_reading("e" * 64, 1, SEAL))}
        )
    with counted(sessions) as session:
        session.execute(delete(Page).where(Page.id == ids[3]))
    with counted(sessions) as session:
        session.execute(delete(Document).where(Document.job_id == other))
    with counted(sessions) as session:
        session.execute(delete(Job).where(Job.id == job_id))
    with sessions.begin() as session:
        assert {job for job, _, _ in kept_tallies(session)} == set()
        assert session.scalars(select(Job.id)).all() == [other]


def test_a_job_begins_with_none(sessions: Sessions) -> None:
    with sessions.begin() as session:
        save_pipeline(session, spec())
        create_job(session, NewJob("test", spec()))
        assert kept_tallies(session) == {}
