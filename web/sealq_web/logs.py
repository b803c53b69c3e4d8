"""Around every request: its id, its line in the log, and an answer whatever happens."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sealq_configs.logs import log_context
from sealq_web.counters import RequestCounters
from sealq_web.errors import answer
from sealq_web.request_ids import REQUEST_ID_HEADER, request_id_of

log = logging.getLogger(__name__)


class LoggedRequests:
    """ASGI middleware around all others."""

    def __init__(self, app: ASGIApp, counters: RequestCounters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through and say how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        answered = _Answered(send, request_id)
        started = time.perf_counter()
        with log_context(request=request_id):
            try:
                await self._app(scope, receive, answered)
            except Exception as exc:
                if answered.status is not None:
                    raise  # half an answer is out: the connection has to break
                await answer(Request(scope), exc)(scope, receive, answered)
            finally:
                self._note(scope, answered.status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int | None, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._counters.count(scope["method"], route, status or 0, seconds)
        # The path alone: a query may hold what people searched for.
        log.info("%s %s %s %.3f s", scope["method"], scope["path"], status or "left", seconds)


class _Answered:
    """Sends an answer on, with the request's id, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID_HEADER] = self._request_id
        await self._send(message)
