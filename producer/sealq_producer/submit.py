"""Submit: a job, its documents in batches, a message for each batch after its commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sealq_producer.intake import Intake, Taken
from sealq_producer.sources import Source
from sealq_producer.stack import Stack
from sealq_storage.dispatch import Route, chunked
from sealq_storage.documents import NewDocument, add_documents
from sealq_storage.jobs import NewJob, create_job, mark_submitted

#: Threads that hash files ahead of the database: reading disks in parallel is what helps.
INTAKE_THREADS = 4


@dataclass(frozen=True)
class Submitted:
    """What a submit did."""

    job_id: str
    #: Documents named, those that the job had already included.
    documents: int


def submit(
    stack: Stack,
    new: NewJob,
    sources: Iterable[Source],
    report: Callable[[int], None],
) -> Submitted:
    """Put a job into a running stack, in constant memory.

    With a client token that is known, the job it made is completed: what is listed stays, what is
    missing is added, what no message covers is published again.

    Args:
        stack: Where to.
        new: The job.
        sources: Its documents, as a stream.
        report: Called with the number of documents handed over so far.

    Raises:
        BrokerUnreachableError: Redis does not answer. Before the first document, nothing was made;
            later, the job stands and the same client token completes it.
        TokenConflictError: The client token belongs to another kind of job.
    """
    stack.transport.ping()
    with stack.sessions.begin() as session:
        job = create_job(session, new)
    route = Route(job.priority, job.device_kind)
    intake = Intake(stack.objects, stack.settings.objects)
    documents = 0
    for batch in chunked(intake.take_all(sources, INTAKE_THREADS), stack.settings.chunk_documents):
        with stack.sessions.begin() as session:
            ids = add_documents(session, job.id, map(_as_document, batch))
        # After the commit: a worker must find the rows that a message names.
        stack.dispatcher.count(ids, route)
        documents += len(batch)
        report(documents)
    with stack.sessions.begin() as session:
        mark_submitted(session, job.id)
    stack.dispatcher.republish_due(older_than=stack.settings.visibility_timeout, job_id=job.id)
    return Submitted(job.id, documents)


def _as_document(taken: Taken) -> NewDocument:
    return NewDocument(
        source=taken.source_name,
        location=taken.location,
        size=taken.size,
        sha256=taken.sha256,
        error_code=taken.error_code,
        error=taken.error,
    )
