"""Before a request's body is read: where it comes from, who asks, how large it may be."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sealq_configs.settings import Settings
from sealq_web.access import Doorkeeper
from sealq_web.errors import ForbiddenError, NoKeyError, TooLargeError

#: Nobody needs a key for these.
PUBLIC_PATHS = frozenset(
    {"/health", "/healthz", "/readyz", "/login", "/logout", "/openapi.json", "/favicon.ico"}
)
#: Nor for what lies below this.
PUBLIC_PREFIX = "/static/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UPLOAD = "multipart/form-data"


class Gate:
    """ASGI middleware: what it refuses costs next to nothing."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to its route."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        is_safe = scope["method"] in _SAFE
        if not is_safe:
            _refuse_foreign_page(connection)
        if not _is_public(scope["path"]):
            doorkeeper: Doorkeeper = scope["app"].state.doorkeeper
            caller = await run_in_threadpool(doorkeeper.identify, connection)
            scope["state"]["caller"] = caller
            if caller is None and not is_safe:
                raise NoKeyError
        await self._app(scope, _limited(receive, connection, self._limit(connection)), send)

    def _limit(self, connection: HTTPConnection) -> int:
        is_upload = connection.headers.get("content-type", "").startswith(_UPLOAD)
        return self._settings.web_upload_bytes if is_upload else self._settings.web_request_bytes


def _is_public(path: str) -> bool:
    return path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIX)


def _refuse_foreign_page(connection: HTTPConnection) -> None:
    """Refuse what a browser sends on behalf of another site's page; programs send neither header.

    Raises:
        ForbiddenError: It does.
    """
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if site is not None:
        is_foreign = site not in {"same-origin", "none"}
    else:
        host = connection.headers.get("host", "")
        is_foreign = origin is not None and urlsplit(origin).netloc != host
    if is_foreign:
        raise ForbiddenError("A page of another site may not send this.")


def _limited(receive: Receive, connection: HTTPConnection, limit: int) -> Receive:
    """Return a `receive` that ends with an error once a body is too large.

    Raises:
        TooLargeError: The request says that it is.
    """
    message = (
        f"The request has more than the {limit:,} bytes allowed (SEALQ_WEB_REQUEST_BYTES, for "
        "uploads of files SEALQ_WEB_UPLOAD_BYTES). Large documents are sent as files to "
        "/api/v1/jobs/upload."
    )
    announced = connection.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise TooLargeError(message)
    received = 0

    async def counted() -> Message:
        nonlocal received
        part = await receive()
        received += len(part.get("body", b""))
        if received > limit:
            # FastAPI lets this one out of the parsing of a body, and no other.
            raise HTTPException(TooLargeError.status, message)
        return part

    return counted
