"""Messages: ids on Redis, sent by name. SQL is the truth; what is lost here is published again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from celery import Celery
from kombu.exceptions import OperationalError as KombuError
from redis.exceptions import RedisError

from sealq_configs.settings import Settings
from sealq_storage.errors import BrokerUnreachableError

#: Task that opens documents and counts their pages; its argument is a list of document ids.
TASK_COUNT = "sealq.count"
#: Task that reads pages; its argument is a list of page ids.
TASK_READ = "sealq.read"

#: Redis keeps one list per step; a message goes into the nearest step below.
PRIORITY_STEPS = (0, 3, 6, 9)
#: Between a queue's name and the step, in the name of its list.
_STEP_SEPARATOR = "\x06\x16"
#: A job's priority is 0 to 9, larger is sooner. Celery on Redis counts the other way.
LARGEST_PRIORITY = 9
#: Priority of jobs that name none.
DEFAULT_PRIORITY = 4

#: Before every key, so that another Celery on the same Redis neither takes our messages nor
#: redelivers them by its own, perhaps shorter, visibility timeout.
KEY_PREFIX = "sealq:"

#: Seconds to wait for Redis before saying that it can't be reached.
CONNECT_SECONDS = 5
#: Seconds to wait for an answer of Redis. Without an end a host that was cut off would wait on a
#: dead connection for ever.
ANSWER_SECONDS = 30

COUNT_QUEUE = "sealq.count"
READ_QUEUE = "sealq.read"


def read_queue(device_kind: str | None) -> str:
    """Queue of pages for one kind of device, or for any."""
    return f"{READ_QUEUE}.{device_kind}" if device_kind else READ_QUEUE


def queues_of(device_kind: str) -> list[str]:
    """Queues that a worker on this kind of device serves."""
    return [COUNT_QUEUE, READ_QUEUE, read_queue(device_kind)]


def make_celery(settings: Settings) -> Celery:
    """Create the Celery app that senders and workers share. Connects only when it is used."""
    app = Celery("sealq", broker=settings.redis_url)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        # A message is acknowledged when its work stands in SQL: a worker that dies gives it back.
        task_acks_late=True,
        # A device holds the chunk it works on, none in reserve: another device may be idle.
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        broker_connection_retry_on_startup=True,
        # Redis may be away all night: a worker that gave up would have to be started by a person.
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": settings.visibility_timeout,
            "priority_steps": list(PRIORITY_STEPS),
            "queue_order_strategy": "priority",
            "global_keyprefix": KEY_PREFIX,
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": ANSWER_SECONDS,
            "socket_keepalive": True,
        },
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return app


class Transport:
    """Sends messages."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send_count(self, document_ids: Sequence[int], *, priority: int) -> None:
        """Ask any worker to count the pages of these documents.

        Raises:
            BrokerUnreachableError: Redis does not answer.
        """
        self._send(TASK_COUNT, document_ids, COUNT_QUEUE, priority)

    def send_read(self, page_ids: Sequence[int], *, priority: int, device_kind: str | None) -> None:
        """Ask a worker to read these pages.

        Raises:
            BrokerUnreachableError: Redis does not answer.
        """
        self._send(TASK_READ, page_ids, read_queue(device_kind), priority)

    def waiting(self, queues: Collection[str] | None = None) -> int:
        """Count the messages that no worker has taken yet, over all priorities.

        Args:
            queues: Those that are asked about; None: all.

        Raises:
            BrokerUnreachableError: Redis does not answer.
        """
        with _reachable(), self._app.connection_for_read() as connection:
            client = connection.default_channel.client
            keys = client.scan_iter(match=f"{KEY_PREFIX}sealq.*", _type="list")
            # The client itself puts the prefix before the key of LLEN, but not of SCAN.
            names = [key.decode().removeprefix(KEY_PREFIX) for key in keys]
            asked = [name for name in names if queues is None or _queue_of(name) in queues]
            return sum(int(client.llen(name)) for name in asked)

    def ping(self) -> None:
        """Check that Redis answers.

        Raises:
            BrokerUnreachableError: It does not.
        """
        with _reachable(), self._app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)

    def _send(self, task: str, ids: Sequence[int], queue: str, priority: int) -> None:
        with _reachable():
            self._app.send_task(
                task,
                args=[list(ids)],
                queue=queue,
                priority=LARGEST_PRIORITY - priority,
                retry_policy={"max_retries": 3, "interval_start": 0.2, "interval_step": 0.5},
            )


def _queue_of(key: str) -> str:
    """Return the queue of a list in Redis: there is one of each priority step."""
    return key.partition(_STEP_SEPARATOR)[0]


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (KombuError, RedisError, ConnectionError) as exc:
        reason = str(exc).rstrip(".")
        raise BrokerUnreachableError(
            f"Redis can't be reached: {reason}. Check SEALQ_REDIS_URL and that the server runs."
        ) from exc
