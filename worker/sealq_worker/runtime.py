"""What a worker process works with, built once from its settings."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from celery import Celery
from celery.worker import state as celery_state
from sqlalchemy.exc import OperationalError

from sealq_configs.errors import StackUnreachableError
from sealq_configs.model_cache import FONT, ModelCache
from sealq_configs.settings import Settings
from sealq_configs.spec import PipelineSpec
from sealq_storage.dispatch import Dispatcher
from sealq_storage.jobs import load_spec
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.sql.engine import Sessions, open_engine, open_sessions
from sealq_storage.transport import Transport
from sealq_worker.activity import ACTIVITY_VARIABLE, ActivityReporter
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits
from sealq_worker.fetch import Fetcher
from sealq_worker.null_reader import NULL_READER, NullReader
from sealq_worker.pipelines import Pipeline, PipelineCache, require_model_folders
from sealq_worker.reader import Reader
from sealq_worker.signals import keeping_stop_signals

#: What says nothing of the documents, only that a part of the stack is away for now.
STACK_ERRORS = (StackUnreachableError, OperationalError)


#: Helpers that store what is read: as many as there are pages whose rows are committed together.
#: Each waits for the disk, and a disk that writes for one writes for all.
STORES = 16


class Threads:
    """Threads beside the one that reads.

    They outlive messages: to start some for each takes longer than to save a small page.
    """

    def __init__(self) -> None:
        """Start none yet."""
        #: One that prepares, one that saves.
        self.stages = ThreadPoolExecutor(2, thread_name_prefix="stage")
        self.stores = ThreadPoolExecutor(STORES, thread_name_prefix="store")


@dataclass(frozen=True)
class Runtime:
    """The parts that the two flows call."""

    settings: Settings
    device: Device
    #: Holder of this process's leases; a restarted process of the same supervisor keeps it.
    owner: str
    sessions: Sessions
    objects: ObjectStore
    dispatcher: Dispatcher
    fetcher: Fetcher
    limits: DocumentLimits
    pipelines: PipelineCache
    #: Says to the supervisor what is done.
    activity: ActivityReporter
    #: Whether the process was told to stop: what is in hand is finished, nothing else begun.
    stopping: Callable[[], bool]
    threads: Threads = field(default_factory=Threads)


def build_runtime(settings: Settings, app: Celery) -> Runtime:
    """Build the parts; connects to nothing yet."""
    sessions = open_sessions(open_engine(settings.database))
    objects = open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url)
    device = Device.parse(os.environ.get("SEALQ_DEVICE", "cpu"))
    watched = os.environ.get(ACTIVITY_VARIABLE)
    return Runtime(
        settings=settings,
        device=device,
        owner=os.environ.get("SEALQ_WORKER_NAME") or _own_name(device),
        sessions=sessions,
        objects=objects,
        dispatcher=Dispatcher(sessions, Transport(app), settings),
        fetcher=Fetcher(
            objects,
            s3_endpoint_url=settings.input_endpoint,
            max_bytes=settings.max_document_bytes,
        ),
        limits=DocumentLimits.of(settings),
        pipelines=PipelineCache(partial(_make_pipeline, settings, sessions, device)),
        activity=ActivityReporter(Path(watched) if watched else None),
        stopping=_stopping,
    )


def _stopping() -> bool:
    return celery_state.should_stop is not None or celery_state.should_terminate is not None


def _own_name(device: Device) -> str:
    return f"{socket.gethostname()}:{device}:{os.getpid()}"


def _make_pipeline(
    settings: Settings, sessions: Sessions, device: Device, pipeline_id: str
) -> Pipeline:
    with sessions.begin() as session:
        spec = load_spec(session, pipeline_id)
    require_model_folders(spec, settings.model_folders)
    models = ModelCache(settings.models_dir)
    return Pipeline(spec, models, partial(_make_reader, settings, device, models))


def _make_reader(
    settings: Settings, device: Device, models: ModelCache, spec: PipelineSpec
) -> Reader:
    if spec.pipeline.get("reader") == NULL_READER:
        return NullReader(draws=settings.pictures)
    draws_with_ours = settings.pictures and settings.font is None
    # In one go: most models lie in one large wheel.
    models.pull([*spec.catalogued(), *([FONT] if draws_with_ours else [])])
    font = (settings.font or models.font()) if settings.pictures else None
    with keeping_stop_signals():
        # Imported late: what only counts pages, or finds all readings made, needs no PaddleX.
        from sealq_worker.lanes import with_lanes
        from sealq_worker.paddlex_reader import PaddleXReader

        reader = PaddleXReader(spec, device, models, font, settings.worker_threads)
        return with_lanes(reader, device, settings.pages_at_a_time)
