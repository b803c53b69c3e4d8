"""The Celery app of a worker: `celery -A sealq_worker.app worker` serves the device SEALQ_DEVICE.

`sealq worker --device ...` starts one such process per device and keeps it running.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready
from kombu.entity import Queue

from sealq_configs.logs import configure_logging
from sealq_configs.settings import Settings, load_settings
from sealq_storage.transport import make_celery, queues_of
from sealq_worker.consuming import lookout_step, take_up_work
from sealq_worker.devices import Device
from sealq_worker.runtime import Runtime, build_runtime
from sealq_worker.tasks import register_tasks


def create_app(settings: Settings) -> Celery:
    """Create the app with its tasks, its queues, and what happens when it starts."""
    app = make_celery(settings)
    device = Device.parse(os.environ.get("SEALQ_DEVICE", "cpu"))
    app.conf.update(
        # A reader lives in one thread of one process; a fork after it exists hangs (docs/why.md).
        worker_pool="solo",
        worker_concurrency=1,
        # The page in hand is finished: another worker that gets its message again leaves it alone.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_queues=[Queue(name) for name in queues_of(device.kind)],
    )

    @cache
    def runtime() -> Runtime:
        return build_runtime(settings, app)

    register_tasks(app, runtime)
    app.steps["consumer"].add(lookout_step(runtime))

    def start_logging(**_: Any) -> None:
        configure_logging(settings.log_level, settings.log_format)

    def start_work(**_: Any) -> None:
        take_up_work(runtime())

    setup_logging.connect(start_logging, weak=False)
    worker_ready.connect(start_work, weak=False)
    return app


app = create_app(load_settings().settings)
