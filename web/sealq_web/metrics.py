"""`/metrics` for Prometheus: the stack's figures from SQL and Redis, and our own requests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sealq_producer.stack import Stack
from sealq_storage.api_keys import Scope
from sealq_storage.errors import BrokerUnreachableError
from sealq_storage.measures import Measures, take_measures
from sealq_storage.transport import COUNT_QUEUE
from sealq_web.access import Caller, require

#: Seconds for which figures of the stack are kept: however many ask, it is asked this seldom.
KEPT_SECONDS = 10.0

router = APIRouter(tags=["watching over it"])


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(request: Request, caller: Annotated[Caller, Depends(require(Scope.READ))]) -> Response:
    """Return the figures in Prometheus's form."""
    del caller
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class StackCollector(Collector):
    """Asks SQL and Redis how the stack stands. Threads may share it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._lock = Lock()
        self._taken_at = -KEPT_SECONDS
        self._taken: tuple[Metric, ...] = ()

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: registering shall not ask the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Return the figures, not older than `KEPT_SECONDS`."""
        with self._lock:
            if time.monotonic() - self._taken_at >= KEPT_SECONDS:
                self._taken = tuple(self._ask())
                self._taken_at = time.monotonic()
            return self._taken

    def _ask(self) -> Iterator[Metric]:
        with self._stack.queries.begin() as session:
            measures = take_measures(session)
        yield from _of_sql(measures)
        yield from self._of_redis()

    def _of_redis(self) -> Iterator[Metric]:
        waiting = _gauge("sealq_queue_messages", "Messages that no worker has taken yet", "queue")
        reached = GaugeMetricFamily("sealq_redis_up", "Whether Redis answers")
        try:
            everything = self._stack.transport.waiting()
            documents = self._stack.transport.waiting([COUNT_QUEUE])
        except BrokerUnreachableError:
            reached.add_metric([], 0)
        else:
            reached.add_metric([], 1)
            waiting.add_metric(["count"], documents)
            waiting.add_metric(["read"], everything - documents)
        yield from (waiting, reached)


def _of_sql(measures: Measures) -> Iterator[Metric]:
    lately = measures.lately
    yield _by("sealq_documents", "Documents by state", "state", measures.documents)
    yield _by("sealq_pages", "Pages by state", "state", measures.pages)
    yield _by("sealq_failures", "Failed documents and pages by code", "code", measures.failures)
    yield _one("sealq_page_attempts", "Attempts to read a page so far", measures.attempts)
    yield _by(
        "sealq_oldest_waiting_seconds",
        "Seconds since the oldest job with work left was made, by priority",
        "priority",
        {str(priority): seconds for priority, seconds in measures.oldest_seconds.items()},
    )
    yield _one(
        "sealq_pages_read_per_second",
        "Pages read anew a second, over the last minutes",
        lately.readings / lately.window_seconds,
    )
    yield _by(
        "sealq_stage_seconds",
        "Seconds a page takes in each stage, mean of the last minutes",
        "stage",
        {stage: seconds / lately.readings for stage, seconds in lately.stages.items()},
    )
    yield _by(
        "sealq_device_busy_share",
        "Seconds of reading a second by device, over the last minutes; summed over its processes",
        "device",
        {device: seconds / lately.window_seconds for device, seconds in lately.devices.items()},
    )


def _gauge(name: str, meaning: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=[label])


def _one(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _by(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = _gauge(name, meaning, label)
    for each, value in values.items():
        family.add_metric([each], value)
    return family
