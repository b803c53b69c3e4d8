"""One document through the queue, while its sender waits."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from sealq_configs.logs import log_context
from sealq_configs.parameters import PredictParameters
from sealq_producer.stack import Stack
from sealq_producer.submit import submit_taken
from sealq_producer.wishes import wanted_spec
from sealq_storage.jobs import NewJob, cancel_job
from sealq_storage.transport import LARGEST_PRIORITY
from sealq_storage.waiting import Progress, ReadDocument, read_document
from sealq_web.errors import TooLargeError, TooManyRequestsError, TooSlowError
from sealq_web.job_watch import JobWatch
from sealq_web.seal_recognition.answers import check_read
from sealq_web.seal_recognition.requests import Upload
from sealq_web.uploads import store_bytes

log = logging.getLogger(__name__)

#: Name of the jobs that come so.
JOB_NAME = "seal-recognition"
#: Seconds after which another try is advised where too many wait.
_RETRY_SECONDS = 5


@dataclass(frozen=True)
class Read:
    """A document that was read, and the job that did it."""

    job_id: str
    document: ReadDocument


class Desk:
    """Takes documents whose senders wait, a limited number at once."""

    def __init__(self, stack: Stack, watch: JobWatch) -> None:
        self._stack = stack
        self._watch = watch
        self._waiting = 0

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Count a sender who waits.

        Raises:
            TooManyRequestsError: So many wait already that another would wait too long.
        """
        if self._waiting >= self._stack.settings.web_waiting:
            raise TooManyRequestsError(
                f"{self._waiting} requests wait here already (SEALQ_WEB_WAITING). Try again in "
                f"{_RETRY_SECONDS} s, or send files to /api/v1/jobs/upload: nobody waits there.",
                retry_after=_RETRY_SECONDS,
            )
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def read(
        self, upload: Upload, parameters: PredictParameters, gone: Callable[[], Awaitable[bool]]
    ) -> Read:
        """Send a document through the queue, ahead of others, and wait for it.

        Args:
            upload: The document.
            parameters: For PaddleX's `predict`.
            gone: Says whether the sender has left.

        Raises:
            ParameterError: The preset can't do what a parameter asks for.
            StackUnreachableError: A part of the stack does not answer.
            TooLargeError: The document has too many pages.
            TooSlowError: It was not read in time; its job is cancelled.
            ServiceError: It could not be read; says why.
        """
        job_id = await run_in_threadpool(self._submit, upload, parameters)
        with log_context(job=job_id):
            await self._wait(job_id, gone)
            return Read(job_id, await run_in_threadpool(self._load, job_id))

    def _submit(self, upload: Upload, parameters: PredictParameters) -> str:
        stack = self._stack
        new = NewJob(
            name=JOB_NAME,
            # PaddleX's own answer is what its clients expect.
            spec=wanted_spec(stack.settings, parameters, reading="stock"),
            # Somebody waits: it goes before jobs that take all night.
            priority=LARGEST_PRIORITY,
            tags={"by": "http"},
        )
        # Only now, when the parameters are known to be right.
        taken = store_bytes(stack.objects, upload.name, upload.content, upload.media_type)
        return submit_taken(stack, new, [taken], lambda _: None).job_id

    async def _wait(self, job_id: str, gone: Callable[[], Awaitable[bool]]) -> None:
        seconds = self._stack.settings.web_wait_seconds
        limit = self._stack.settings.web_pages

        def enough(progress: Progress) -> bool:
            return progress.finished or _too_many(progress.page_count, limit)

        if await self._watch.until(job_id, enough, gone, seconds):
            return
        await run_in_threadpool(self._cancel, job_id)
        raise TooSlowError(
            f"Not read within {seconds} s (SEALQ_WEB_WAIT_SECONDS), and cancelled; pages that were "
            "read need not be read again. Are workers running? Send long documents to "
            "/api/v1/jobs/upload."
        )

    def _load(self, job_id: str) -> ReadDocument:
        with self._stack.queries.begin() as session:
            document = read_document(session, job_id)
        limit = self._stack.settings.web_pages
        if _too_many(document.row.page_count, limit):
            self._cancel(job_id)
            raise TooLargeError(
                f"The document has {document.row.page_count} pages, more than the {limit} that are "
                "read while a client waits (SEALQ_WEB_PAGES). None was left out in silence: send "
                "it to /api/v1/jobs/upload."
            )
        check_read(document)
        return document

    def _cancel(self, job_id: str) -> None:
        with self._stack.sessions.begin() as session:
            cancel_job(session, job_id)
        log.warning("cancelled: nobody waits for it any more")


def _too_many(page_count: int | None, limit: int) -> bool:
    return page_count is not None and page_count > limit
