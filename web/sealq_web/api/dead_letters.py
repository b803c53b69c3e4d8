"""Dead letters: listed, and tried again by a person who looked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from sealq_storage.api_keys import Scope
from sealq_storage.dead_letters import DeadLetter, list_dead_letters, requeue_dead_letters
from sealq_web.access import Caller, require
from sealq_web.api import PREFIX
from sealq_web.api.refusals import REFUSALS
from sealq_web.api.schemas import DeadLetterOut, JobId, MadeDue, Requeue
from sealq_web.dependencies import RunningStack

router = APIRouter(prefix=PREFIX, tags=["dead letters"], responses=REFUSALS)


@router.get("/dead-letters", operation_id="listDeadLetters")
def dead_letters(
    stack: RunningStack,
    caller: Annotated[Caller, Depends(require(Scope.READ))],
    job_id: JobId | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
) -> list[DeadLetterOut]:
    """List pages and documents that used up their attempts, the newest first."""
    del caller
    with stack.queries.begin() as session:
        return [_out(letter) for letter in list_dead_letters(session, job_id, limit)]


@router.post("/dead-letters/requeue", operation_id="requeueDeadLetters")
def requeue(
    wanted: Requeue,
    stack: RunningStack,
    caller: Annotated[Caller, Depends(require(Scope.ADMIN))],
) -> MadeDue:
    """Let dead letters be tried again; what is none any more is left as it is."""
    del caller
    stack.transport.ping()
    with stack.sessions.begin() as session:
        requeued = requeue_dead_letters(session, wanted.ids)
    stack.dispatcher.republish_due(older_than=stack.settings.visibility_timeout)
    return MadeDue(documents=requeued.documents, pages=requeued.pages)


def _out(letter: DeadLetter) -> DeadLetterOut:
    return DeadLetterOut(
        id=letter.id,
        job_id=letter.job_id,
        document=letter.source,
        page=letter.page,
        cause=letter.cause,
        error=letter.error,
        attempts=letter.attempts,
        worker=letter.worker,
        failed_at=letter.failed_at,
    )
