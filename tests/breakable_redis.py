"""A Redis server that a test may stop, restart and cut off."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NoConnectionError
from waiting import until

from sealq_producer.local_stack import redis_server
from sealq_storage.transport import KEY_PREFIX

#: Where Celery keeps when each message was delivered that nobody has acknowledged.
BOOK = f"{KEY_PREFIX}unacked_index"


class BreakableRedis:
    """A server of its own at one port; it keeps nothing on the disk."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers, when it does."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen(
            [str(redis_server()), *options, "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        until(self._answers)

    def stop(self) -> None:
        """Kill it, with all it holds."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def flush(self) -> None:
        """Remove all it holds."""
        with Redis.from_url(self.url) as client:
            client.flushall()

    def cut(self) -> int:
        """Cut all connections; return how many there were."""
        with Redis.from_url(self.url) as client:
            killed: int = client.client_kill_filter(skipme=True, _type="normal")
            return killed

    def unacknowledged(self) -> list[bytes]:
        """Return the tags of the messages that workers have and did not acknowledge yet."""
        with Redis.from_url(self.url) as client:
            tags: list[bytes] = client.zrange(BOOK, 0, -1)
            return tags

    def age(self, tag: bytes, seconds: int) -> None:
        """Let a message have been delivered so long ago."""
        with Redis.from_url(self.url) as client:
            client.zincrby(BOOK, -seconds, tag)

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url) as client:
                return bool(client.ping())
        except NoConnectionError:
            return False


@contextmanager
def breakable_redis(folder: Path, port: int) -> Iterator[BreakableRedis]:
    """Run a server for the time of the `with` block."""
    server = BreakableRedis(folder, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
