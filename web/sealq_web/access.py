"""Who asks, and whether they may: API keys in a header, or the cookie of a login with one."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Request
from starlette.requests import HTTPConnection

from sealq_producer.stack import Stack
from sealq_storage.api_keys import (
    Scope,
    ever_had_keys,
    find_api_key,
    load_api_key,
    note_use,
)
from sealq_storage.sql.access_tables import ApiKey
from sealq_web.errors import ForbiddenError, NoKeyError, TooManyRequestsError
from sealq_web.login import key_id_of
from sealq_web.rates import RateLimits

#: Names under which a browser on the same machine calls a service without keys. Any other name may
#: be one that a stranger's page let point here.
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
#: How old the note that a key is in use may get.
_NOTED_FOR = timedelta(minutes=1)


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    #: Name of the key; None: nobody needs one here.
    name: str | None
    scope: Scope
    #: Row of the key; None likewise.
    key_id: int | None = None
    #: Requests a minute; None: no limit.
    rate: int | None = None


#: Whoever asks a service on the loopback that has no keys.
ANYBODY = Caller(None, Scope.ADMIN)


def is_loopback(host: str) -> bool:
    """Whether an address to bind is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Doorkeeper:
    """Tells who asks."""

    def __init__(self, stack: Stack, limits: RateLimits) -> None:
        self._stack = stack
        self._limits = limits
        self._loopback = is_loopback(stack.settings.web_host)

    def identify(self, connection: HTTPConnection) -> Caller | None:
        """Return who asks; None: somebody without a key, where one is needed.

        Raises:
            NoKeyError: The key that was sent is none, or was revoked.
            ForbiddenError: There are no keys, and the service was called by a stranger's name.
            TooManyRequestsError: The key has used up its requests; says for how long.
        """
        token = _token(connection)
        key = self._by_token(token) if token else self._by_cookie(connection)
        if key is None:
            return ANYBODY if self._is_open(connection) else None
        self._note(key)
        caller = Caller(key.name, Scope(key.scope), key.id, key.rate)
        self._limit(caller)
        return caller

    def _by_token(self, token: str) -> ApiKey:
        with self._stack.queries.begin() as session:
            key = find_api_key(session, token)
        if key is None:
            raise NoKeyError("This API key is none, or was revoked. `sealq keys create` makes one.")
        return key

    def _by_cookie(self, connection: HTTPConnection) -> ApiKey | None:
        key_id = key_id_of(connection)
        if key_id is None:
            return None
        with self._stack.queries.begin() as session:
            return load_api_key(session, key_id)

    def _is_open(self, connection: HTTPConnection) -> bool:
        if not self._loopback:
            return False
        with self._stack.queries.begin() as session:
            if ever_had_keys(session):
                return False
        if connection.url.hostname not in _LOCAL_NAMES:
            raise ForbiddenError(
                "Without API keys this service answers to the names localhost and 127.0.0.1 alone. "
                "Call it by one of them, or make a key: `sealq keys create NAME`."
            )
        return True

    def _note(self, key: ApiKey) -> None:
        used = key.last_used_at
        if used is None or datetime.now(UTC) - used > _NOTED_FOR:
            with self._stack.sessions.begin() as session:
                note_use(session, key.id)

    def _limit(self, caller: Caller) -> None:
        if caller.key_id is None or caller.rate is None:
            return
        if seconds := self._limits.take(caller.key_id, caller.rate):
            raise TooManyRequestsError(
                f"The key {caller.name} may send {caller.rate} requests a minute, and did. Wait "
                f"{seconds} s.",
                retry_after=seconds,
            )


def require(scope: Scope) -> Callable[[Request], Caller]:
    """Return a dependency that gives the caller, if they may do what the scope stands for.

    Use it as `caller: Annotated[Caller, Depends(require(Scope.READ))]`.
    """

    def caller_of(request: Request) -> Caller:
        caller: Caller | None = getattr(request.state, "caller", None)
        if caller is None:
            raise NoKeyError
        if not caller.scope.allows(scope):
            raise ForbiddenError(
                f"The key {caller.name} has the scope {caller.scope}; this needs {scope}."
            )
        return caller

    return caller_of


def _token(connection: HTTPConnection) -> str | None:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return connection.headers.get("x-api-key")
