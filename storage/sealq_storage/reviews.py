"""Reviews: what people decide about documents, and which exceptions wait for them.

An exception is a document whose verdict is not `ok`. It waits until somebody confirms or rejects
that very verdict: when another audit gives another verdict, it waits again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from sealq_configs.errors import WrongUseError
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.review_tables import Correction, Review
from sealq_storage.sql.tables import Document, Line, Page, Region
from sealq_storage.sql.verdict_tables import DocumentVerdict
from sealq_storage.verdicts import Verdict, urgency

#: Characters of a note, of a corrected line.
NOTE_CHARACTERS = 2000
LINE_CHARACTERS = 400


class Decision(StrEnum):
    """What a person says."""

    CONFIRMED = "confirmed"  # the verdict is right
    REJECTED = "rejected"  # the verdict is wrong
    CORRECTED = "corrected"  # lines were read wrongly
    NOTED = "noted"  # nothing but the note


#: After one of these an exception no longer waits.
SETTLING = (Decision.CONFIRMED, Decision.REJECTED)


class ReviewError(WrongUseError):
    """This can't be decided about the document."""


@dataclass(frozen=True)
class NewReview:
    """A decision that is not stored yet."""

    document_id: int
    decision: Decision
    reviewer: str
    #: The verdict that the person saw; None: none.
    verdict: str | None = None
    note: str = ""
    #: What is written in lines, by their ids; empty: nothing is there.
    lines: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReviewResult:
    """A stored decision."""

    id: int
    document_id: int
    decision: Decision
    verdict: str | None
    note: str
    reviewer: str
    created_at: datetime
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True)
class ExceptionCount:
    """How many documents of a job have a verdict other than `ok`."""

    total: int
    #: Those that wait for a person.
    waiting: int


def save_review(session: Session, new: NewReview) -> int:
    """Store a decision; return its id.

    Raises:
        ReviewError: The note or a line is too long, nothing is corrected, a note says nothing, or
            a line is not one of the document's.
    """
    _require_sense(session, new)
    review_id = session.scalars(
        insert(Review)
        .values(
            document_id=new.document_id,
            decision=new.decision.value,
            verdict=new.verdict,
            note=new.note,
            reviewer=new.reviewer,
        )
        .returning(Review.id)
    ).one()
    if new.lines:
        rows = [
            {"review_id": review_id, "line_id": line_id, "text": text}
            for line_id, text in new.lines.items()
        ]
        session.execute(insert(Correction), rows)
    return review_id


def undo_review(session: Session, review_id: int, reviewer: str) -> bool:
    """Take a decision back; say whether it stood until now."""
    undone = session.execute(
        update(Review)
        .where(Review.id == review_id, Review.undone_at.is_(None))
        .values(undone_at=database_now(), undone_by=reviewer)
        .returning(Review.id)
    )
    return undone.one_or_none() is not None


def reviews_of(session: Session, document_id: int) -> list[ReviewResult]:
    """Return what was decided about a document, the newest first, what was undone too."""
    query = select(Review).where(Review.document_id == document_id).order_by(Review.id.desc())
    return [_result(row) for row in session.scalars(query)]


def review_of_job(session: Session, job_id: str, review_id: int) -> ReviewResult | None:
    """Return a decision about a document of this job."""
    query = (
        select(Review)
        .join(Document, Document.id == Review.document_id)
        .where(Review.id == review_id, Document.job_id == job_id)
    )
    row = session.scalars(query).one_or_none()
    return None if row is None else _result(row)


def settled(session: Session, document_ids: Collection[int]) -> dict[int, ReviewResult]:
    """Return the newest decision that settles each of these documents, where there is one."""
    query = (
        select(Review)
        .join(DocumentVerdict, DocumentVerdict.document_id == Review.document_id)
        .where(Review.document_id.in_(document_ids), _settles())
        .order_by(Review.id)
    )
    return {row.document_id: _result(row) for row in session.scalars(query)}


def count_exceptions(session: Session, job_id: str) -> ExceptionCount:
    """Count the exceptions of a job."""
    total = session.scalar(_exceptions(job_id).with_only_columns(func.count())) or 0
    waiting = _exceptions(job_id).where(_waits()).with_only_columns(func.count())
    return ExceptionCount(total, session.scalar(waiting) or 0)


def first_waiting(session: Session, job_id: str, after: int | None = None) -> int | None:
    """Return the exception that waits and stands next: behind a document, else from the start.

    Args:
        session: Where they are.
        job_id: Whose.
        after: A document's id; None: from the start.
    """
    waiting = _in_order(_exceptions(job_id).where(_waits()))
    if after is not None and (place := _place(session, after)):
        behind = session.scalar(waiting.where(_beyond(place)))
        if behind is not None:
            return behind
    return session.scalar(waiting)


def neighbours(session: Session, job_id: str, document_id: int) -> tuple[int | None, int | None]:
    """Return the exceptions before and behind one, settled ones too; None: there is none."""
    place = _place(session, document_id)
    if place is None:
        return None, None
    before = (
        _exceptions(job_id)
        .where(_before(place))
        .order_by(urgency().desc(), DocumentVerdict.document_id.desc())
        .limit(1)
    )
    behind = _in_order(_exceptions(job_id).where(_beyond(place)))
    return session.scalar(before), session.scalar(behind)


def _require_sense(session: Session, new: NewReview) -> None:
    if len(new.note) > NOTE_CHARACTERS:
        raise ReviewError(f"The note is longer than {NOTE_CHARACTERS} characters. Shorten it.")
    if new.decision == Decision.NOTED and not new.note.strip():
        raise ReviewError("The note says nothing. Write one.")
    if (new.decision == Decision.CORRECTED) != bool(new.lines):
        raise ReviewError("A correction names lines, and nothing else does. Send the form again.")
    if any(len(text) > LINE_CHARACTERS for text in new.lines.values()):
        raise ReviewError(f"A line is longer than {LINE_CHARACTERS} characters. Shorten it.")
    if set(new.lines) - _lines_of(session, new.document_id, new.lines):
        raise ReviewError("A line is none of this document's. Open the page again.")


def _lines_of(session: Session, document_id: int, line_ids: Collection[int]) -> set[int]:
    query = (
        select(Line.id)
        .join(Region, Region.id == Line.region_id)
        .join(Page, Page.reading_id == Region.reading_id)
        .where(Page.document_id == document_id, Line.id.in_(line_ids))
    )
    return set(session.scalars(query))


def _exceptions(job_id: str) -> Select[int]:
    return select(DocumentVerdict.document_id).where(
        DocumentVerdict.job_id == job_id, DocumentVerdict.verdict != Verdict.OK
    )


def _in_order(query: Select[int]) -> Select[int]:
    return query.order_by(urgency(), DocumentVerdict.document_id).limit(1)


def _waits() -> ColumnElement[bool]:
    return ~(
        select(Review.id)
        .where(Review.document_id == DocumentVerdict.document_id, _settles())
        .correlate(DocumentVerdict)
        .exists()
    )


def _settles() -> ColumnElement[bool]:
    return and_(
        Review.decision.in_(SETTLING),
        Review.undone_at.is_(None),
        Review.verdict == DocumentVerdict.verdict,
    )


#: Where an exception stands: urgency of its verdict, id of its document.
_Place = Sequence[int]


def _place(session: Session, document_id: int) -> _Place | None:
    query = select(urgency(), DocumentVerdict.document_id)
    row = session.execute(query.where(DocumentVerdict.document_id == document_id)).one_or_none()
    return None if row is None else tuple(row)


def _beyond(place: _Place) -> ColumnElement[bool]:
    grade, document_id = place
    same = and_(urgency() == grade, DocumentVerdict.document_id > document_id)
    return or_(urgency() > grade, same)


def _before(place: _Place) -> ColumnElement[bool]:
    grade, document_id = place
    same = and_(urgency() == grade, DocumentVerdict.document_id < document_id)
    return or_(urgency() < grade, same)


def _result(row: Review) -> ReviewResult:
    return ReviewResult(
        id=row.id,
        document_id=row.document_id,
        decision=Decision(row.decision),
        verdict=row.verdict,
        note=row.note,
        reviewer=row.reviewer,
        created_at=row.created_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )
