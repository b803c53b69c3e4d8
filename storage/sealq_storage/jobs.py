"""Jobs: create, find, cancel, retry."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sealq_configs.spec import PipelineSpec
from sealq_storage.errors import JobNotFoundError, TokenConflictError
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import dialect_of
from sealq_storage.sql.tables import Document, DocumentState, Job, Page, PageState, Pipeline
from sealq_storage.transport import DEFAULT_PRIORITY

#: Letters and digits of a job id's tail: none that are read for another.
_ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_ID_TAIL = 5
#: Columns of a document or page that is due again with all attempts before it.
AGAIN = {
    "attempts": 0,
    "error_code": None,
    "error": None,
    "finished_at": None,
    "lease_owner": None,
    "published_at": None,
}
#: What a user may write for the newest job.
LAST_JOB = "last"


@dataclass(frozen=True)
class NewJob:
    """What a user asks for."""

    name: str
    spec: PipelineSpec
    client_token: str | None = None
    priority: int = DEFAULT_PRIORITY
    device_kind: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    pages: str | None = None


def new_job_id() -> str:
    """Make an id that sorts by time and can be typed: `20261120-2130-k7f3q`."""
    tail = "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_TAIL))
    return f"{datetime.now(UTC):%Y%m%d-%H%M}-{tail}"


def create_job(session: Session, new: NewJob) -> Job:
    """Create a job, or return the one that the same client token made.

    Raises:
        TokenConflictError: The token belongs to a job that asks for something else.
    """
    save_pipeline(session, new.spec)
    # Not "look, then insert": two producers may bring the same token at the same time.
    made = session.scalar(
        dialect_of(session)
        .insert(Job)
        .values(_values(new))
        .on_conflict_do_nothing(index_elements=["client_token"])
        .returning(Job)
    )
    return _known(session, new) if made is None else made


def save_pipeline(session: Session, spec: PipelineSpec) -> None:
    """Store a spec under its id unless it is there."""
    values = {"id": spec.id, "preset": spec.preset, "spec": spec.to_json()}
    session.execute(dialect_of(session).insert(Pipeline).values(**values).on_conflict_do_nothing())


def load_spec(session: Session, pipeline_id: str) -> PipelineSpec:
    """Return a stored spec."""
    return PipelineSpec.from_json(session.get_one(Pipeline, pipeline_id).spec)


def find_job(session: Session, wanted: str) -> Job:
    """Return a job by its id, an unambiguous beginning of it, or `last`.

    Raises:
        JobNotFoundError: None or several fit.
    """
    if wanted == LAST_JOB:
        query = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(1)
    else:
        query = select(Job).where(Job.id.startswith(wanted, autoescape=True)).limit(2)
    found = session.scalars(query).all()
    exact = [job for job in found if job.id == wanted]
    if len(exact or found) != 1:
        problem = "several jobs begin so" if found else "there is no such job"
        raise JobNotFoundError(f"{wanted}: {problem}. `sealq status` lists the jobs.")
    return (exact or found)[0]


def mark_submitted(session: Session, job_id: str) -> None:
    """Note that all documents of the job are listed."""
    session.execute(update(Job).where(Job.id == job_id).values(submitted_at=database_now()))


def cancel_job(session: Session, job_id: str) -> int:
    """Take all that is not final out of the work; return the number of pages taken out.

    A page that a worker reads at this moment is finished there, and stays cancelled here.
    """
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.cancelled_at.is_(None))
        .values(cancelled_at=database_now())
    )
    session.execute(
        update(Document)
        .where(Document.job_id == job_id, Document.state == DocumentState.LISTED)
        .values(state=DocumentState.CANCELLED, finished_at=database_now())
    )
    cancelled = session.execute(
        update(Page)
        .where(Page.job_id == job_id, Page.state.in_([PageState.DUE, PageState.CLAIMED]))
        .values(state=PageState.CANCELLED, lease_owner=None, finished_at=database_now())
        .returning(Page.id)
    )
    return len(cancelled.all())


@dataclass(frozen=True)
class Retried:
    """What a retry put back into the work."""

    documents: int
    pages: int


def retry_job(session: Session, job_id: str) -> Retried:
    """Make failed and cancelled documents and pages due again, with all attempts before them."""
    session.execute(update(Job).where(Job.id == job_id).values(cancelled_at=None))
    documents = session.execute(
        update(Document)
        .where(
            Document.job_id == job_id,
            Document.state.in_([DocumentState.FAILED, DocumentState.CANCELLED]),
        )
        .values(state=DocumentState.LISTED, **AGAIN)
        .returning(Document.id)
    ).all()
    pages = session.execute(
        update(Page)
        .where(Page.job_id == job_id, Page.state.in_([PageState.FAILED, PageState.CANCELLED]))
        .values(state=PageState.DUE, **AGAIN)
        .returning(Page.id)
    ).all()
    return Retried(len(documents), len(pages))


def _values(new: NewJob) -> dict[str, object]:
    return {
        "id": new_job_id(),
        "name": new.name,
        "client_token": new.client_token,
        "pipeline_id": new.spec.id,
        "priority": new.priority,
        "device_kind": new.device_kind,
        "tags": dict(new.tags),
        "pages": new.pages,
    }


def _known(session: Session, new: NewJob) -> Job:
    job = session.scalars(select(Job).where(Job.client_token == new.client_token)).one()
    if job.pipeline_id != new.spec.id or job.pages != new.pages:
        raise TokenConflictError(
            f"Client token {new.client_token!r} belongs to job {job.id}, which has another "
            "preset, parameters or pages. Use another token."
        )
    return job
