"""Logging in with an API key: a signed cookie that names the key's row, and tokens for forms.

The cookie is of no use once the key is revoked. It is signed with a secret of the process, or of
`SEALQ_WEB_SECRET_FILE` where several processes serve: nothing in the database can forge it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

from sealq_configs.errors import SettingsError
from sealq_storage.api_keys import find_api_key
from sealq_web.dependencies import RunningStack
from sealq_web.errors import ForbiddenError

#: The cookie's name.
COOKIE = "sealq_login"
#: Seconds that a login holds: a working day.
LOGIN_SECONDS = 12 * 3600
#: Where a form has its token, and where a script sends it.
CSRF_FIELD, CSRF_HEADER = "csrf_token", "x-csrf-token"
#: Least bytes of a secret.
_SECRET_BYTES = 32
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

router = APIRouter(include_in_schema=False)


class Signer:
    """Signs what a browser brings back."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, purpose: str, text: str) -> str:
        """Return the signature of a text; the same text has another for another purpose."""
        return hmac.new(self._secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Whether this is the signature."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode())


def open_signer(secret_file: Path | None) -> Signer:
    """Return a signer with the secret of a file, or with one made now.

    Raises:
        SettingsError: The file can't be read, or holds too little.
    """
    if secret_file is None:
        return Signer(secrets.token_bytes(_SECRET_BYTES))
    try:
        secret = secret_file.read_bytes().strip()
    except OSError as exc:
        raise SettingsError(
            f"SEALQ_WEB_SECRET_FILE: {secret_file} can't be read: {exc.strerror}."
        ) from exc
    if len(secret) < _SECRET_BYTES:
        raise SettingsError(
            f"SEALQ_WEB_SECRET_FILE: {secret_file} holds less than {_SECRET_BYTES} bytes. "
            "`openssl rand -hex 32` gives a good one."
        )
    return Signer(secret)


def key_id_of(connection: HTTPConnection) -> int | None:
    """Return the row of the key that the browser logged in with; None: it did not, or too long ago.

    The row may have been revoked since.
    """
    body, _, signature = connection.cookies.get(COOKIE, "").rpartition(".")
    if not body or not _signer(connection).is_signed("login", body, signature):
        return None
    key_id, expires, _ = body.split(".")
    return int(key_id) if int(expires) > time.time() else None


def csrf_token(request: Request) -> str:
    """Return what a form of this browser has to bring back in the field `csrf_token`."""
    return _signer(request).sign("form", request.cookies.get(COOKIE, ""))


async def check_csrf(request: Request) -> None:
    """Refuse a form that another page sent: a dependency of every route that takes forms.

    Raises:
        ForbiddenError: The token is missing, or of another login.
    """
    if request.method not in _UNSAFE:
        return
    brought = request.headers.get(CSRF_HEADER)
    if brought is None:
        field = (await request.form()).get(CSRF_FIELD)
        brought = field if isinstance(field, str) else ""
    if not _signer(request).is_signed("form", request.cookies.get(COOKIE, ""), brought):
        raise ForbiddenError("This form is too old, or of another login. Load the page again.")


def local_path(path: str) -> str:
    """Return a path of this service; what leads elsewhere leads to its start."""
    local = path.startswith("/") and not path.startswith("//") and path.isprintable()
    return path if local and "\\" not in path else "/"


@router.post("/login")
async def login(
    request: Request,
    stack: RunningStack,
    key: Annotated[str, Form()] = "",
    after: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Log a browser in that brings an API key."""

    def look() -> int | None:
        with stack.queries.begin() as session:
            found = find_api_key(session, key.strip())
            return found.id if found else None

    key_id = await run_in_threadpool(look)
    if key_id is None:
        return RedirectResponse("/login?failed=1", status_code=303)
    answer = RedirectResponse(local_path(after), status_code=303)
    body = f"{key_id}.{int(time.time()) + LOGIN_SECONDS}.{secrets.token_hex(8)}"
    answer.set_cookie(
        COOKIE,
        f"{body}.{_signer(request).sign('login', body)}",
        max_age=LOGIN_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/logout")
async def logout(request: Request) -> Response:
    """Log a browser out."""
    await check_csrf(request)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _signer(connection: HTTPConnection) -> Signer:
    signer: Signer = connection.app.state.signer
    return signer
