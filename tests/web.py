"""The HTTP service in the tests' own process, and a worker beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fakes import open_runtime, settings_for, work_off
from fastapi.testclient import TestClient
from rows import migrated
from waiting import POLL, until

from sealq_configs.settings import Settings
from sealq_storage.api_keys import Scope, create_api_key
from sealq_storage.sql.engine import Sessions, open_engine, open_sessions
from sealq_web.app import create_app
from sealq_worker.null_reader import NullReader
from sealq_worker.reader import Reader

NULL_PRESET = Path(__file__).parent / "null.yaml"
#: The name under which a service without keys answers.
LOCAL = "http://127.0.0.1:8080"


def web_settings(home: Path, database_url: str, redis_url: str, **values: Any) -> Settings:
    """Return settings of a service whose pipeline reads nothing, and whose database is made."""
    settings = settings_for(
        home,
        database_url,
        redis_url,
        **{"preset": str(NULL_PRESET), "dpi": 72, "web_wait_seconds": 60, **values},
    )
    with migrated(settings.database):
        return settings


@contextmanager
def serving(settings: Settings, token: str | None = None) -> Iterator[TestClient]:
    """Run the service; yield a client, which sends the key."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with TestClient(create_app(settings), base_url=LOCAL, headers=headers) as client:
        yield client


@contextmanager
def listening(settings: Settings) -> Iterator[str]:
    """Run the service on a port of its own; yield its URL."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    host, port = server.servers[0].sockets[0].getsockname()
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


@contextmanager
def working(settings: Settings, reader: Reader | None = None) -> Iterator[None]:
    """Run a worker in a thread."""
    done = threading.Event()

    def work() -> None:
        with open_runtime(settings, reader or NullReader(draws=True)) as runtime:
            while not done.is_set():
                if not work_off(runtime):
                    time.sleep(POLL)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def new_key(settings: Settings, scope: Scope = Scope.SUBMIT, rate: int | None = None) -> str:
    """Make an API key named as its scope; return it."""
    with sessions_of(settings) as sessions, sessions.begin() as session:
        return create_api_key(session, scope.value, scope, rate).token


@contextmanager
def sessions_of(settings: Settings) -> Iterator[Sessions]:
    """Yield sessions on the service's database."""
    engine = open_engine(settings.database)
    yield open_sessions(engine)
    engine.dispose()
