"""The two Celery tasks: ids in, a flow called, repeated while the stack does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

import psutil
from celery import Celery
from celery.worker import state as celery_state

from sealq_storage.transport import TASK_COUNT, TASK_READ
from sealq_worker.count import count_documents
from sealq_worker.messages import ids_of
from sealq_worker.patience import until_the_stack_answers
from sealq_worker.read import read_pages
from sealq_worker.runtime import Runtime
from sealq_worker.watchdog import worn_out

log = logging.getLogger(__name__)


def register_tasks(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Give the app its tasks. What they work with is built in the process that runs them."""
    pages_read = 0

    def count(document_ids: list[int]) -> None:
        ids, parts = ids_of(document_ids), runtime()
        until_the_stack_answers(parts, lambda: count_documents(parts, ids))

    def read(page_ids: list[int]) -> None:
        nonlocal pages_read
        ids, parts = ids_of(page_ids), runtime()
        pages_read += until_the_stack_answers(parts, lambda: read_pages(parts, ids)) or 0
        if why := worn_out(parts.settings, pages_read, psutil.Process().memory_info().rss):
            log.info("%s: this process ends and a fresh one takes over", why)
            celery_state.should_stop = 0

    for name, task in ((TASK_COUNT, count), (TASK_READ, read)):
        app.task(name=name)(task)
