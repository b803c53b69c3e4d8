"""Verdicts in the database: what an audit sees, what it stores, and what it replaces."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from rows import new_documents, new_job
from sealed import HERE, OTHER, judge
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from sealq_audit.audit import Auditor
from sealq_audit.expectations import Expectation, Expectations, Party
from sealq_audit.report.figures import gather
from sealq_storage import seen
from sealq_storage.seen import Saying, SeenDocument, SeenRegion, seen_document, stream_seen
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.opening import Database, open_database
from sealq_storage.sql.tables import (
    Document,
    DocumentState,
    Field,
    Job,
    Line,
    Page,
    PageState,
    Reading,
    Region,
)
from sealq_storage.sql.verdict_tables import DocumentVerdict
from sealq_storage.verdicts import (
    Evidence,
    NewVerdict,
    Verdict,
    count_verdicts,
    save_verdicts,
    stream_verdicts,
    verdict_of,
    verdicts_of,
)

#: Names another job.
OTHERS = "others"


@pytest.fixture
def database(database_url: str, sessions: Sessions) -> Iterator[Database]:
    del sessions
    with open_database(database_url) as opened:
        yield opened


def auditor(*expectations: Expectation) -> Auditor:
    return Auditor(judge(), Expectations.of(expectations))


def reading(session: Session, number: int, **values: object) -> int:
    """Store a reading; return its id."""
    job = session.scalars(select(Job)).first()
    assert job
    row = Reading(
        **{
            "content_sha256": f"{number:064x}",
            "page_number": 1,
            "pipeline_digest": "d" * 64,
            "pipeline_id": job.pipeline_id,
            "page_width": 600,
            "page_height": 800,
            "looked": "layout",
            "transform": {},
            "object_prefix": f"readings/{number}",
            "pictures": ["page.jpg", "region1.jpg", "seal_res_region1.jpg"],
            "seconds": {},
            "device": "cpu",
            **values,
        }
    )
    session.add(row)
    session.flush()
    return row.id


def seal(session: Session, reading_id: int, *lines: str, number: int = 1, **fields: str) -> None:
    """Store a seal of a reading."""
    box = {"x1": 1, "y1": 2, "x2": 3, "y2": 4}
    region = Region(reading_id=reading_id, number=number, frame="page", score=0.9, **box)
    session.add(region)
    session.flush()
    for place, text in enumerate(lines, start=1):
        session.add(Line(region_id=region.id, number=place, text=text, score=0.99, polygon=[]))
    for name, text in fields.items():
        others = [{"text": "丙公司", "score": 0.1}]
        session.add(
            Field(
                region_id=region.id,
                name=name,
                text=text,
                score=0.99,
                state="read",
                alternatives=others,
            )
        )
    session.flush()


def counted(session: Session, document_id: int, *reading_ids: int | None) -> None:
    """Let a document have a page for each reading; None: a page that failed."""
    document = session.get_one(Document, document_id)
    document.state = DocumentState.COUNTED
    document.sha256 = f"{document_id:064x}"
    for number, reading_id in enumerate(reading_ids, start=1):
        failed = {"error_code": "crashed", "error": "The worker died."}
        state = PageState.DONE if reading_id else PageState.FAILED
        values = {"reading_id": reading_id} if reading_id else failed
        session.add(
            Page(
                job_id=document.job_id,
                document_id=document_id,
                number=number,
                state=state,
                **values,
            )
        )
    session.flush()


def verdict(document_id: int, name: Verdict, **values: Any) -> NewVerdict:
    said = {"reason": "It is so.", "kind": "invoice"}
    return NewVerdict(document_id, name, **(said | values))


def digests(sessions: Sessions, job: str) -> list[str]:
    """Return by which rules each document of a job was judged."""
    with sessions.begin() as session:
        found = sorted(stream_verdicts(session, job), key=lambda each: each.document)
    return [each.rules_digest for each in found]


# What an audit sees


def test_documents_come_with_their_pages_and_what_their_seals_say(sessions: Sessions) -> None:
    job = new_job(sessions)
    one, two, three = new_documents(sessions, job, "a.pdf", "b.pdf", "c.pdf")
    with sessions.begin() as session:
        sealed, empty = reading(session, 1), reading(session, 2, empty_score=0.97, pictures=[])
        seal(session, sealed, HERE, "发票专用章", owner=HERE, purpose="发票专用章")
        seal(session, sealed, "second", number=2)
        counted(session, one, empty, sealed)
        counted(session, two, sealed, None)  # a reading belongs to whoever has its content
    with sessions.begin() as session:
        found = [each for batch in stream_seen(session, job) for each in batch]
        assert found[0] == seen_document(session, one)
    assert [each.source for each in found] == ["a.pdf", "b.pdf", "c.pdf"]
    assert [[page.state for page in each.pages] for each in found] == [
        ["done", "done"],
        ["done", "failed"],
        [],
    ]
    assert found[2].id == three
    (first, second), (shared, _) = found[0].pages, found[1].pages
    assert (first.empty_score, first.picture, first.regions) == (0.97, None, ())
    assert second.picture == "readings/1/page.jpg"
    assert [region.number for region in second.regions] == [1, 2]
    assert second.regions[0] == SeenRegion(
        page=2,
        number=1,
        label="seal",
        shape=None,
        lines=(Saying(HERE, 0.99), Saying("发票专用章", 0.99)),
        fields=(
            Saying(HERE, 0.99, "owner", "read", ("丙公司",)),
            Saying("发票专用章", 0.99, "purpose", "read", ("丙公司",)),
        ),
        picture="readings/1/region1.jpg",
    )
    assert [region.lines for region in shared.regions] == [
        region.lines for region in second.regions
    ]
    assert shared.regions[0].page == 1


def test_other_jobs_are_not_seen(sessions: Sessions) -> None:
    job, other = new_job(sessions), new_job(sessions, client_token=OTHERS)
    new_documents(sessions, other, "a.pdf")
    with sessions.begin() as session:
        assert list(stream_seen(session, job)) == []


# What is stored


def test_those_that_need_a_person_come_first_and_only_what_is_wanted(sessions: Sessions) -> None:
    job = new_job(sessions)
    ids = new_documents(sessions, job, *(f"{verdict}.pdf" for verdict in reversed(Verdict)))
    with sessions.begin() as session:
        news = [verdict(id_, name) for id_, name in zip(ids, reversed(Verdict), strict=True)]
        save_verdicts(session, job, news, "r" * 64)
        assert [each.verdict for each in stream_verdicts(session, job)] == list(Verdict)
        wanted = [Verdict.OK, Verdict.MISSING]
        found = [each.document for each in stream_verdicts(session, job, wanted)]
        assert found == ["missing.pdf", "ok.pdf"]
        assert count_verdicts(session, job) == dict.fromkeys(Verdict, 1)
        assert list(count_verdicts(session, job)) == list(Verdict)


def test_a_verdict_is_kept_as_it_was_given(sessions: Sessions) -> None:
    job = new_job(sessions)
    (id_, other) = new_documents(sessions, job, "a.pdf", "b.pdf")
    evidence = Evidence(1, 2, "owner", OTHER, 0.98, HERE, 0.4, "readings/1/region1.jpg")
    new = verdict(
        id_,
        Verdict.WRONG_COMPANY,
        reason_code="wrong_company",
        reason_values={"expected": HERE},
        evidence=(evidence, Evidence()),
        expectation={"document": "a.pdf", "tax_ids": [None]},
    )
    with sessions.begin() as session:
        save_verdicts(session, job, [new], "r" * 64)
    with sessions.begin() as session:
        found = verdict_of(session, id_)
        assert found
        assert verdicts_of(session, [id_, other]) == {id_: found}
        assert verdict_of(session, other) is None
    assert (found.document, found.verdict, found.reason) == ("a.pdf", new.verdict, new.reason)
    assert (found.reason_code, found.reason_values) == (new.reason_code, new.reason_values)
    assert (found.kind, found.evidence) == (new.kind, new.evidence)
    assert (found.expectation, found.rules_digest) == (new.expectation, "r" * 64)
    assert found.created_at.utcoffset() == timedelta(0)


def test_another_verdict_replaces_the_one_before(sessions: Sessions) -> None:
    job = new_job(sessions)
    (id_,) = new_documents(sessions, job, "a.pdf")
    with sessions.begin() as session:
        before = verdict(id_, Verdict.MISSING, evidence=(Evidence(1),), expectation={"kind": "x"})
        save_verdicts(session, job, [before], "a" * 64)
        save_verdicts(session, job, [verdict(id_, Verdict.OK, kind="contract")], "b" * 64)
        (found,) = stream_verdicts(session, job)
    assert (found.verdict, found.kind, found.rules_digest) == (Verdict.OK, "contract", "b" * 64)
    assert (found.evidence, found.expectation) == ((), None)


def test_verdicts_go_with_their_document_and_job(sessions: Sessions) -> None:
    job, other = new_job(sessions), new_job(sessions, client_token=OTHERS)
    ids = new_documents(sessions, job, "a.pdf", "b.pdf")
    (kept,) = new_documents(sessions, other, "a.pdf")
    with sessions.begin() as session:
        save_verdicts(session, job, [verdict(id_, Verdict.OK) for id_ in ids], "r")
        save_verdicts(session, other, [verdict(kept, Verdict.OK)], "r")
        session.execute(delete(Document).where(Document.id == ids[0]))
        assert count_verdicts(session, job) == {Verdict.OK: 1}
        session.execute(delete(Document).where(Document.job_id.in_([job, other])))
        session.execute(delete(Job).where(Job.id.in_([job, other])))
        assert session.scalars(select(DocumentVerdict)).all() == []


# The audit


def test_an_audit_gives_every_document_one_verdict_and_names_what_is_not_there(
    database: Database,
) -> None:
    sessions = database.sessions
    job = new_job(sessions)
    ids = new_documents(sessions, job, "发票1.pdf", "发票2.pdf", "发票3.pdf")
    with sessions.begin() as session:
        sealed, empty = reading(session, 1), reading(session, 2, empty_score=0.99)
        seal(session, sealed, HERE, "发票专用章")
        for id_, reading_id in zip(ids, (sealed, empty, None), strict=True):
            counted(session, id_, reading_id)
    expected = [Expectation("发票1.pdf", (Party(OTHER),)), Expectation("发票9.pdf", place="line 3")]
    audited = auditor(*expected).audit(database, job)
    assert dict(audited.counts) == {
        Verdict.WRONG_COMPANY: 1,
        Verdict.MISSING: 1,
        Verdict.REVIEW: 1,
    }
    assert [row.document for row in audited.unmet] == ["发票9.pdf"]
    again = auditor().audit(database, job)
    assert dict(again.counts) == {Verdict.MISSING: 1, Verdict.REVIEW: 1, Verdict.OK: 1}
    with database.queries.begin() as session:
        (one, *_) = stream_verdicts(session, job, [Verdict.OK])
    assert (one.document, one.expectation) == ("发票1.pdf", None)
    assert one.rules_digest == judge().rules.digest


def test_an_audit_that_breaks_off_leaves_each_document_its_verdict_the_new_or_the_one_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = database.sessions
    job = new_job(sessions)
    ids = new_documents(sessions, job, "a.pdf", "b.pdf", "c.pdf")
    with sessions.begin() as session:
        before = [verdict(id_, Verdict.MISSING) for id_ in ids]
        save_verdicts(session, job, before, "before")
    monkeypatch.setattr(seen, "BATCH_DOCUMENTS", 1)
    asked = Expectations.of_document

    def of_document(self: Expectations, source: str, sha256: str | None) -> Expectation | None:
        if source == "c.pdf":
            raise KeyboardInterrupt
        return asked(self, source, sha256)

    with monkeypatch.context() as patch:
        patch.setattr(Expectations, "of_document", of_document)
        with pytest.raises(KeyboardInterrupt):
            auditor().audit(database, job)
    digest = judge().rules.digest
    assert digests(sessions, job) == [digest, digest, "before"]
    auditor().audit(database, job)
    assert digests(sessions, job) == [digest] * 3


def test_a_job_without_documents_is_audited(database: Database) -> None:
    audited = auditor().audit(database, new_job(database.sessions))
    assert (audited.counts, audited.unmet) == ({}, [])


def test_an_audit_holds_no_more_than_a_batch_of_documents(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many documents there are: those of batches that were judged are let go."""
    monkeypatch.setattr(seen, "BATCH_DOCUMENTS", 5)
    job = new_job(database.sessions)
    new_documents(database.sessions, job, *(f"发票{number}.pdf" for number in range(12)))
    held: list[weakref.ref[SeenDocument]] = []
    alive = []
    with database.queries.begin() as session:
        for batch in stream_seen(session, job):
            held += map(weakref.ref, batch)
            del batch
            gc.collect()
            alive.append(sum(each() is not None for each in held))
    assert len(held) == 12
    assert max(alive) <= 5


# The report


def test_a_report_counts_causes_retries_and_speed(database: Database) -> None:
    sessions = database.sessions
    job = new_job(sessions)
    one, two, three = new_documents(sessions, job, "a.pdf", "b.pdf", "c.pdf")
    with sessions.begin() as session:
        counted(session, one, reading(session, 1), None, None)
        counted(session, two, None)
        again = session.scalars(select(Page).where(Page.document_id == two)).one()
        again.state = PageState.DUE  # its last attempt crashed; another follows
        failed = session.get_one(Document, three)
        failed.state, failed.error_code = DocumentState.FAILED, "encrypted"
        failed.error = "It wants a password."
    with database.queries.begin() as session:
        figures = gather(session, job, shown=10)
    assert [(each.code, each.documents, each.pages) for each in figures.causes] == [
        ("crashed", 0, 2),
        ("encrypted", 1, 0),
    ]
    assert figures.causes[1].example == "It wants a password."
    assert (figures.retries.documents, figures.retries.pages) == (0, 1)
    assert figures.dead_letters == 2  # nobody can read what wants a password
    assert figures.speed.pages == 1
    assert (figures.documents, figures.pages, figures.verdicts) == (3, 4, {})


def test_pages_that_were_known_before_the_job_are_no_speed(database: Database) -> None:
    sessions = database.sessions
    job = new_job(sessions)
    (one,) = new_documents(sessions, job, "a.pdf")
    with sessions.begin() as session:
        before = session.get_one(Job, job).created_at - timedelta(days=1)
        counted(session, one, reading(session, 1, created_at=before))
    with database.queries.begin() as session:
        speed = gather(session, job, shown=10).speed
    assert (speed.pages, speed.seconds, speed.pages_per_second) == (0, None, None)
