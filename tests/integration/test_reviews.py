"""Rules of reviews: what settles an exception, in which order they come, what may be corrected."""

from __future__ import annotations

import pytest
from page_cases import OWNER, PURPOSE, Cases, cases
from sqlalchemy import select
from sqlalchemy.orm import Session

from sealq_storage.corrections import corrected_texts, count_corrected, stream_corrected
from sealq_storage.objects import ObjectStore
from sealq_storage.reviews import (
    LINE_CHARACTERS,
    NOTE_CHARACTERS,
    Decision,
    ExceptionCount,
    NewReview,
    ReviewError,
    count_exceptions,
    first_waiting,
    neighbours,
    review_of_job,
    reviews_of,
    save_review,
    settled,
    undo_review,
)
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Line, Page, Region
from sealq_storage.verdicts import NewVerdict, Verdict, save_verdicts


@pytest.fixture
def job(sessions: Sessions, local_objects: ObjectStore) -> Cases:
    return cases(sessions, local_objects)


def decided(
    document_id: int, decision: Decision = Decision.CONFIRMED, verdict: str = "review"
) -> NewReview:
    return NewReview(document_id, decision, "mei", verdict)


def lines_of(session: Session, document_id: int) -> list[Line]:
    query = (
        select(Line)
        .join(Region)
        .join(Page, Page.reading_id == Region.reading_id)
        .where(Page.document_id == document_id)
        .order_by(Line.number)
    )
    return list(session.scalars(query))


def corrected(session: Session, document_id: int, *texts: str) -> int:
    """Say what the lines of a document say; return the review."""
    lines = lines_of(session, document_id)
    said = {line.id: text for line, text in zip(lines, texts, strict=True)}
    return save_review(session, NewReview(document_id, Decision.CORRECTED, "mei", lines=said))


def test_exceptions_come_with_the_most_urgent_first(sessions: Sessions, job: Cases) -> None:
    """Wrong company, missing, review; what is ok or has no verdict is none."""
    _, review, company, missing, _ = job.documents
    with sessions.begin() as session:
        assert count_exceptions(session, job.job_id) == ExceptionCount(3, 3)
        assert first_waiting(session, job.job_id) == company
        assert neighbours(session, job.job_id, company) == (None, missing)
        assert neighbours(session, job.job_id, missing) == (company, review)
        assert neighbours(session, job.job_id, review) == (missing, None)


def test_an_exception_waits_until_its_verdict_is_confirmed_or_rejected(
    sessions: Sessions, job: Cases
) -> None:
    _, review, company, missing, _ = job.documents
    with sessions.begin() as session:
        save_review(session, decided(company, Decision.CONFIRMED, "wrong_company"))
        assert first_waiting(session, job.job_id) == missing
        save_review(session, decided(missing, Decision.REJECTED, "missing"))
        assert first_waiting(session, job.job_id) == review
        assert count_exceptions(session, job.job_id) == ExceptionCount(3, 1)
        found = settled(session, job.documents)
        assert {id_: each.decision for id_, each in found.items()} == {
            company: Decision.CONFIRMED,
            missing: Decision.REJECTED,
        }


def test_a_note_or_a_correction_settles_nothing(sessions: Sessions, job: Cases) -> None:
    company = job.documents[2]
    with sessions.begin() as session:
        save_review(session, NewReview(company, Decision.NOTED, "mei", "wrong_company", "asked"))
        corrected(session, company, OWNER, PURPOSE)
        assert first_waiting(session, job.job_id) == company


def test_after_a_document_comes_the_next_that_waits_and_after_the_last_the_first(
    sessions: Sessions, job: Cases
) -> None:
    _, review, company, missing, _ = job.documents
    with sessions.begin() as session:
        assert first_waiting(session, job.job_id, company) == missing
        assert first_waiting(session, job.job_id, review) == company
        save_review(session, decided(missing, verdict="missing"))
        assert first_waiting(session, job.job_id, company) == review


def test_when_all_is_decided_nothing_waits(sessions: Sessions, job: Cases) -> None:
    _, review, company, missing, _ = job.documents
    with sessions.begin() as session:
        save_review(session, decided(review))
        save_review(session, decided(company, verdict="wrong_company"))
        save_review(session, decided(missing, verdict="missing"))
        assert first_waiting(session, job.job_id, missing) is None


def test_another_verdict_waits_for_another_decision(sessions: Sessions, job: Cases) -> None:
    review = job.documents[1]
    with sessions.begin() as session:
        save_review(session, decided(review))
        again = NewVerdict(review, Verdict.UNREADABLE, "Nobody can read it.", "invoice")
        save_verdicts(session, job.job_id, [again], "s" * 64)
        assert count_exceptions(session, job.job_id).waiting == 3
        assert settled(session, [review]) == {}


def test_a_decision_that_is_undone_stays_and_no_longer_counts(
    sessions: Sessions, job: Cases
) -> None:
    review = job.documents[1]
    with sessions.begin() as session:
        review_id = save_review(session, decided(review))
        assert undo_review(session, review_id, "li")
        assert not undo_review(session, review_id, "wang")
        (kept,) = reviews_of(session, review)
        assert (kept.reviewer, kept.undone_by) == ("mei", "li")
        assert kept.undone_at is not None
        assert count_exceptions(session, job.job_id).waiting == 3


def test_a_decision_is_found_in_its_own_job_only(
    sessions: Sessions, job: Cases, local_objects: ObjectStore
) -> None:
    other = cases(sessions, local_objects)
    with sessions.begin() as session:
        review_id = save_review(session, decided(job.documents[1]))
        assert review_of_job(session, other.job_id, review_id) is None
        found = review_of_job(session, job.job_id, review_id)
        assert found
        assert found.document_id == job.documents[1]


#: What nobody can mean, and what is said of it.
NONSENSE = [
    (NewReview(1, Decision.NOTED, "mei", note="x" * (NOTE_CHARACTERS + 1)), "longer than"),
    (NewReview(1, Decision.NOTED, "mei", note="  "), "says nothing"),
    (NewReview(1, Decision.CORRECTED, "mei"), "names lines"),
    (NewReview(1, Decision.CONFIRMED, "mei", lines={1: "a"}), "names lines"),
    (NewReview(1, Decision.CORRECTED, "mei", lines={1: "x" * (LINE_CHARACTERS + 1)}), "longer"),
]


def test_what_makes_no_sense_is_refused(sessions: Sessions) -> None:
    for new, said in NONSENSE:
        with sessions.begin() as session, pytest.raises(ReviewError, match=said):
            save_review(session, new)


def test_a_line_of_another_document_is_refused(sessions: Sessions, job: Cases) -> None:
    ok, review, *_ = job.documents
    with sessions.begin() as session:
        foreign = lines_of(session, ok)[0].id
        new = NewReview(review, Decision.CORRECTED, "mei", lines={foreign: "x"})
        with pytest.raises(ReviewError, match="none of this document's"):
            save_review(session, new)


def test_the_last_word_on_a_line_counts_until_it_is_undone(sessions: Sessions, job: Cases) -> None:
    review = job.documents[1]
    with sessions.begin() as session:
        lines = [line.id for line in lines_of(session, review)]
        corrected(session, review, "甲", PURPOSE)
        last = corrected(session, review, "乙", "")
        assert corrected_texts(session, lines) == {lines[0]: "乙", lines[1]: ""}
        undo_review(session, last, "mei")
        assert corrected_texts(session, lines) == {lines[0]: "甲", lines[1]: PURPOSE}


def test_looked_through_seals_come_once_with_all_their_lines(
    sessions: Sessions, job: Cases
) -> None:
    ok, review, *_ = job.documents
    with sessions.begin() as session:
        corrected(session, review, "甲", PURPOSE)
        corrected(session, ok, OWNER, "")
        corrected(session, review, "乙", PURPOSE)
        found = list(stream_corrected(session, job.job_id))
        assert [[line.text for line in region.lines] for region in found] == [
            [OWNER, ""],
            ["乙", PURPOSE],
        ]
        assert count_corrected(session, job.job_id) == 4
