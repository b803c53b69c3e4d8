"""The two Celery tasks: ids in, a flow called, infrastructure failures retried."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from celery import Celery, Task
from celery.worker import state as celery_state

from sealq_configs.settings import Settings
from sealq_storage.transport import TASK_COUNT, TASK_READ
from sealq_worker.count import count_documents
from sealq_worker.read import read_pages
from sealq_worker.runtime import STACK_ERRORS, Runtime, build_runtime

log = logging.getLogger(__name__)

#: Seconds before a message is tried again: doubled each time, up to the last.
FIRST_RETRY_SECONDS = 2
LAST_RETRY_SECONDS = 60


def register_tasks(app: Celery, settings: Settings) -> None:
    """Give the app its tasks. What they work with is built in the process that runs them."""

    @cache
    def runtime() -> Runtime:
        return build_runtime(settings, app)

    pages_read = 0

    def count(task: Task, document_ids: list[int]) -> None:
        try:
            count_documents(runtime(), document_ids)
        except STACK_ERRORS as exc:
            raise _again(task, exc) from exc

    def read(task: Task, page_ids: list[int]) -> None:
        nonlocal pages_read
        try:
            pages_read += read_pages(runtime(), page_ids)
        except STACK_ERRORS as exc:
            raise _again(task, exc) from exc
        if 0 < settings.worker_pages <= pages_read:
            log.info("%d pages read: this process ends and a fresh one takes over", pages_read)
            celery_state.should_stop = 0

    for name, task in ((TASK_COUNT, count), (TASK_READ, read)):
        app.task(name=name, bind=True, max_retries=None)(task)


def _again(task: Task, exc: Exception) -> Any:
    """Return the exception by which Celery sends the message again later."""
    wait = min(FIRST_RETRY_SECONDS * 2**task.request.retries, LAST_RETRY_SECONDS)
    log.warning("%s; trying again in %d s", exc, wait)
    return task.retry(exc=exc, countdown=wait, throw=False)
