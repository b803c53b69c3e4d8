"""Submit: a job, its documents in batches, a message for each batch after its commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from sealq_producer.intake import Intake, Taken
from sealq_producer.sources import Source
from sealq_producer.stack import Stack
from sealq_storage.dispatch import Route
from sealq_storage.documents import NewDocument, add_documents
from sealq_storage.errors import BrokerUnreachableError
from sealq_storage.jobs import NewJob, create_job, mark_submitted

#: Threads that hash files ahead of the database: reading disks in parallel is what helps.
INTAKE_THREADS = 4

#: Documents that are listed together at most.
BATCH_DOCUMENTS = 1000
#: Seconds in which documents that come quickly fill a batch.
BATCH_SECONDS = 0.25


@dataclass(frozen=True)
class Submitted:
    """What a submit did."""

    job_id: str
    #: Documents named, those that the job had already included.
    documents: int
    #: Why messages could not be sent; None: all were.
    unpublished: BrokerUnreachableError | None = None


def submit(
    stack: Stack,
    new: NewJob,
    sources: Iterable[Source],
    report: Callable[[int], None],
) -> Submitted:
    """Put a job into a running stack, in constant memory.

    With a client token that is known, the job it made is completed: what is listed stays, what is
    missing is added, what no message covers is published again. Where Redis is lost on the way, all
    documents are listed all the same: workers publish them once it is back.

    Args:
        stack: Where to.
        new: The job.
        sources: Its documents, as a stream.
        report: Called with the number of documents handed over so far.

    Raises:
        BrokerUnreachableError: Redis does not answer before the first document; nothing was made.
        TokenConflictError: The client token belongs to another kind of job.
    """
    settings = stack.settings
    intake = Intake(stack.objects, settings.objects, settings.max_document_bytes)
    return submit_taken(stack, new, intake.take_all(sources, INTAKE_THREADS), report)


def submit_taken(
    stack: Stack, new: NewJob, taken: Iterable[Taken], report: Callable[[int], None]
) -> Submitted:
    """Put a job into a running stack whose documents lie where workers fetch them; see `submit`."""
    stack.transport.ping()
    with stack.sessions.begin() as session:
        job = create_job(session, new)
    route = Route(job.priority, job.device_kind)
    settings = stack.settings
    documents, unpublished = 0, None
    for batch in _batches(taken, settings.chunk_documents):
        with stack.sessions.begin() as session:
            ids = add_documents(session, job.id, map(_as_document, batch))
        # After the commit: a worker must find the rows that a message names. Each vain try takes
        # seconds: after the first, the rest waits for the end.
        unpublished = unpublished or _unsent(partial(stack.dispatcher.count, ids, route))
        documents += len(batch)
        report(documents)
    with stack.sessions.begin() as session:
        mark_submitted(session, job.id)
    again = partial(stack.dispatcher.republish_due, older_than=settings.visibility_timeout)
    return Submitted(job.id, documents, _unsent(partial(again, job_id=job.id)))


def _batches(stream: Iterable[Taken], least: int) -> Iterator[list[Taken]]:
    """Cut a stream into batches, for each costs two transactions.

    They double while documents come quickly, and are halved when they do not: those of a slow disk
    or of somebody's own list do not wait for many others.
    """
    batch: list[Taken] = []
    size, began = least, time.monotonic()
    for taken in stream:
        batch.append(taken)
        slow = time.monotonic() - began > BATCH_SECONDS
        if len(batch) >= (least if slow else size):
            yield batch
            size = max(size // 2, least) if slow else min(size * 2, BATCH_DOCUMENTS)
            batch, began = [], time.monotonic()
    if batch:
        yield batch


def _unsent(send: Callable[[], object]) -> BrokerUnreachableError | None:
    """Send messages; return why they could not be sent, if they could not."""
    try:
        send()
    except BrokerUnreachableError as exc:
        return exc
    return None


def _as_document(taken: Taken) -> NewDocument:
    return NewDocument(
        source=taken.source_name,
        location=taken.location,
        size=taken.size,
        sha256=taken.sha256,
        error_code=taken.error_code,
        error=taken.error,
    )
