"""The application: HTTP interfaces and pages in front of the queue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio import create_task_group
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from sealq_configs.errors import WrongUseError
from sealq_configs.settings import Settings
from sealq_producer.stack import Stack, open_stack
from sealq_storage.api_keys import any_api_key
from sealq_web import errors, health, login, metrics, pages
from sealq_web.access import Doorkeeper, is_loopback
from sealq_web.api import dead_letters, exports, jobs, looking
from sealq_web.calls import Calls
from sealq_web.counters import RequestCounters
from sealq_web.gate import Gate
from sealq_web.job_watch import JobWatch
from sealq_web.logs import LoggedRequests
from sealq_web.metrics import StackCollector
from sealq_web.openapi import add_key
from sealq_web.rates import RateLimits
from sealq_web.seal_recognition.desk import Desk
from sealq_web.seal_recognition.router import router as seal_recognition
from sealq_web.webhook_sender import WebhookSender


class NoKeysError(WrongUseError):
    """Off the loopback the service needs API keys, and there are none."""


def create_app(settings: Settings) -> FastAPI:
    """Build the application; it opens the stack when it starts.

    Raises:
        SettingsError: The file of the secret can't be used.
    """
    app = FastAPI(
        title="sealq",
        version=version("sealq"),
        summary="Reads official seals in documents, in bulk",
        lifespan=_lifespan(settings),
        # Their pages fetch scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.signer = login.open_signer(settings.web_secret_file)
    app.state.registry = CollectorRegistry()
    _add_routes(app)
    errors.install(app)
    # The last one added is the outermost.
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(LoggedRequests, counters=RequestCounters(app.state.registry))
    return app


def check_keys(settings: Settings) -> None:
    """Refuse to serve others than this machine without keys.

    Raises:
        NoKeysError: It would.
        StackUnreachableError: The database can't be used.
    """
    with open_stack(settings) as stack, stack.queries.begin() as session:
        if not is_loopback(settings.web_host) and not any_api_key(session):
            raise NoKeysError(
                f"{settings.web_host} can be reached from elsewhere, and there is no API key: "
                "everybody could read all documents. Make one (`sealq keys create NAME --scope "
                "submit`), or serve on 127.0.0.1."
            )


def _add_routes(app: FastAPI) -> None:
    app.include_router(seal_recognition)
    for module in (jobs, looking, exports, dead_letters, health, metrics, login, pages):
        app.include_router(module.router)
    add_key(app)


def _lifespan(settings: Settings) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_stack(settings) as stack:
            watch, sender = _open(app, stack)
            async with _running(watch.run, sender.run):
                yield

    return lifespan


def _open(app: FastAPI, stack: Stack) -> tuple[JobWatch, WebhookSender]:
    watch, calls = JobWatch(stack.queries), Calls.of(stack.settings)
    collector = StackCollector(stack)
    app.state.stack = stack
    app.state.calls = calls
    app.state.desk = Desk(stack, watch)
    app.state.doorkeeper = Doorkeeper(stack, RateLimits())
    app.state.registry.register(collector)
    return watch, WebhookSender(stack, calls)


@asynccontextmanager
async def _running(*works: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run something beside the requests, and end it with them."""
    # Not by asyncio's own tasks: they end before what they wait for in a thread, and the stack
    # would be closed while that uses it.
    async with create_task_group() as tasks:
        for work in works:
            tasks.start_soon(work)
        yield
        tasks.cancel_scope.cancel()
