"""Rules of leafing through: what a filter keeps, how screens follow each other."""

from __future__ import annotations

import pytest
from page_cases import OWNER, Cases, cases
from rows import new_documents, new_job, new_pages

from sealq_storage.browse import (
    DocumentFilter,
    browse_documents,
    browse_job,
    browse_jobs,
    standing_of,
)
from sealq_storage.jobs import cancel_job
from sealq_storage.objects import ObjectStore
from sealq_storage.page_view import document_of_job, page_marks, see_page, see_reading
from sealq_storage.reviews import Decision, NewReview, save_review
from sealq_storage.sql.engine import Sessions


@pytest.fixture
def job(sessions: Sessions, local_objects: ObjectStore) -> Cases:
    return cases(sessions, local_objects)


def found(sessions: Sessions, job: Cases, wanted: DocumentFilter) -> list[str]:
    with sessions.begin() as session:
        rows = browse_documents(session, job.job_id, wanted)
    return [row.source.rpartition("/")[2] for row in rows]


#: What is asked for, and which documents come.
FILTERS: list[tuple[DocumentFilter, list[str]]] = [
    (DocumentFilter(verdict="missing"), ["missing.pdf"]),
    (DocumentFilter(verdict="none"), ["broken.pdf"]),
    (DocumentFilter(standing="failed"), ["broken.pdf"]),
    (DocumentFilter(standing="done"), ["ok.pdf", "review.pdf", "company <b>&.pdf", "missing.pdf"]),
    (DocumentFilter(standing="open"), []),
    (DocumentFilter(standing="cancelled"), []),
    # Of the name, capitals or not; nothing in it is a pattern.
    (DocumentFilter(search="REVIEW"), ["review.pdf"]),
    (DocumentFilter(search="%"), []),
    # Of a seal's lines and fields.
    (DocumentFilter(search=OWNER[2:5]), ["ok.pdf", "review.pdf", "company <b>&.pdf"]),
    (DocumentFilter(search="专用", verdict="review"), ["review.pdf"]),
]


def test_a_filter_keeps_what_it_names(sessions: Sessions, job: Cases) -> None:
    for wanted, names in FILTERS:
        assert found(sessions, job, wanted) == names, wanted


def test_screens_follow_each_other_without_gaps(sessions: Sessions, job: Cases) -> None:
    seen: list[int] = []
    with sessions.begin() as session:
        while rows := browse_documents(
            session, job.job_id, DocumentFilter(), seen[-1] if seen else None, limit=2
        ):
            seen += [row.id for row in rows]
    assert seen == list(job.documents)


def test_a_row_says_how_its_document_stands(sessions: Sessions, job: Cases) -> None:
    review = job.documents[1]
    with sessions.begin() as session:
        save_review(session, NewReview(review, Decision.REJECTED, "mei", "review"))
        rows = browse_documents(session, job.job_id, DocumentFilter())
    assert [(row.standing, row.seals) for row in rows] == [
        ("done", 1),
        ("done", 1),
        ("done", 1),
        ("done", 0),
        ("failed", 0),
    ]
    assert [row.review.reviewer if row.review else None for row in rows] == [
        *(None, "mei"),
        *[None] * 3,
    ]
    assert rows[1].verdict
    assert rows[1].verdict.reason == "A sentence about review."


def test_another_job_s_documents_are_not_there(
    sessions: Sessions, job: Cases, local_objects: ObjectStore
) -> None:
    other = cases(sessions, local_objects)
    with sessions.begin() as session:
        rows = browse_documents(session, other.job_id, DocumentFilter(search="专用"))
        assert document_of_job(session, other.job_id, job.documents[0]) is None
    assert [row.id for row in rows] == list(other.documents[:3])


def test_jobs_come_newest_first_screen_by_screen(sessions: Sessions) -> None:
    ids = [new_job(sessions) for _ in range(5)]
    with sessions.begin() as session:
        newest = browse_jobs(session, limit=3)
        older = browse_jobs(session, newest[-1].id, limit=3)
        every = browse_jobs(session)
    assert [row.id for row in [*newest, *older]] == [row.id for row in every]
    assert {row.id for row in every} == set(ids)
    assert every[0].created_at >= every[-1].created_at


def test_a_job_counts_what_is_final(sessions: Sessions, job: Cases) -> None:
    new_documents(sessions, job.job_id, "late.pdf")
    new_pages(sessions, job.job_id, "later.pdf", pages=3)
    with sessions.begin() as session:
        row = browse_job(session, job.job_id)
        cancel_job(session, job.job_id)
        after = browse_job(session, job.job_id)
    assert (row.finished_pages, sum(row.pages.values()), row.failed) == (5, 8, 1)
    assert (after.finished_pages, after.state) == (8, "cancelled")


@pytest.mark.parametrize(
    ("state", "pages", "standing"),
    [
        ("listed", {}, "open"),
        ("counted", {}, "done"),
        ("counted", {"done": 2, "due": 1}, "open"),
        ("counted", {"done": 2, "claimed": 1}, "open"),
        ("counted", {"due": 2, "failed": 1}, "failed"),
        ("counted", {"done": 2, "cancelled": 1}, "cancelled"),
        ("failed", {}, "failed"),
        ("cancelled", {}, "cancelled"),
    ],
)
def test_what_failed_says_so_before_all_else(
    state: str, pages: dict[str, int], standing: str
) -> None:
    assert standing_of(state, pages) == standing


def test_a_page_brings_its_regions_with_their_lines_and_fields(
    sessions: Sessions, job: Cases
) -> None:
    with sessions.begin() as session:
        page = see_page(session, job.documents[0], 1)
        assert page
        (region,) = page.regions
        assert [line.row.number for line in region.lines] == [1, 2]
        assert [field.name for field in region.fields] == ["owner", "purpose"]
        assert [line.corrected for line in region.lines] == [None, None]
        assert see_page(session, job.documents[0], 2) is None
        broken = see_page(session, job.documents[-1], 1)
        assert broken
        assert (broken.reading, broken.regions) == (None, ())
        assert see_reading(session, job.documents[-1], 1) is None


def test_marks_name_the_pages_with_their_seals(sessions: Sessions, job: Cases) -> None:
    with sessions.begin() as session:
        (mark,) = page_marks(session, job.documents[0])
        (empty,) = page_marks(session, job.documents[3])
    assert (mark.number, mark.state, mark.seals) == (1, "done", 1)
    assert empty.seals == 0
