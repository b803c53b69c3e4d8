"""The Celery app of a worker: `celery -A sealq_worker.app worker` serves the device SEALQ_DEVICE.

`sealq worker --device ...` starts one such process per device and keeps it running.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready
from kombu.entity import Queue

from sealq_configs.errors import SealqError
from sealq_configs.logs import configure_logging
from sealq_configs.settings import Settings, load_settings
from sealq_storage.dispatch import RESUME_SECONDS, Dispatcher
from sealq_storage.documents import give_back_documents
from sealq_storage.pages import give_back_pages
from sealq_storage.sql.engine import open_engine, open_sessions, reachable
from sealq_storage.sql.migrate import require_current
from sealq_storage.transport import Transport, make_celery, queues_of
from sealq_worker.devices import Device
from sealq_worker.runtime import STACK_ERRORS
from sealq_worker.tasks import register_tasks

log = logging.getLogger(__name__)


def create_app(settings: Settings) -> Celery:
    """Create the app with its tasks, its queues, and what happens when it starts."""
    app = make_celery(settings)
    device = Device.parse(os.environ.get("SEALQ_DEVICE", "cpu"))
    app.conf.update(
        # A reader lives in one thread of one process; a fork after it exists hangs (docs/why.md).
        worker_pool="solo",
        worker_concurrency=1,
        task_queues=[Queue(name) for name in queues_of(device.kind)],
    )
    register_tasks(app, settings)

    def start_logging(**_: Any) -> None:
        configure_logging(settings.log_level, settings.log_format)

    def take_up_work(sender: Any, **_: Any) -> None:
        dispatcher = _take_up_work(app, settings)
        _resume(dispatcher)
        # In the loop that takes messages: between two of them, in this very thread.
        sender.timer.call_repeatedly(RESUME_SECONDS, _resume, (dispatcher,))

    setup_logging.connect(start_logging, weak=False)
    worker_ready.connect(take_up_work, weak=False)
    return app


def _take_up_work(app: Celery, settings: Settings) -> Dispatcher:
    """Free what a process of this name held when it died; return what publishes it again."""
    engine = open_engine(settings.database)
    try:
        with reachable(engine):
            require_current(engine)
    except SealqError as exc:
        log.error("%s", exc)  # noqa: TRY400 (the message says it all)
        raise SystemExit(exc.exit_code) from exc
    sessions = open_sessions(engine)
    if owner := os.environ.get("SEALQ_WORKER_NAME"):
        with sessions.begin() as session:
            give_back_pages(session, owner)
            give_back_documents(session, owner)
    return Dispatcher(sessions, Transport(app), settings)


def _resume(dispatcher: Dispatcher) -> None:
    """Publish what no message covers any more; a stack that is away is asked again next time."""
    try:
        again = dispatcher.resume()
    except STACK_ERRORS as exc:
        log.warning("%s", exc)
        return
    if again.documents or again.pages:
        log.info("published again: %d documents, %d pages", again.documents, again.pages)


app = create_app(load_settings().settings)
