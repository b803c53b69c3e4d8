"""What the service answers when it can't do what was asked: a status, a code and a sentence."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from sealq_configs.errors import SealqError, StackUnreachableError, WrongUseError
from sealq_storage.dead_letters import DeadLetterNotFoundError
from sealq_storage.errors import JobNotFoundError, TokenConflictError
from sealq_web.paddlex_form import PaddleXStatus
from sealq_web.request_ids import request_id_of

log = logging.getLogger(__name__)

#: Paths whose answers have the form of PaddleX's server.
PADDLEX_PATHS = frozenset({"/seal-recognition", "/health"})


class ServiceError(SealqError):
    """The service could not do what was asked."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, message: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        #: Seconds after which another try makes sense; None: nobody knows.
        self.retry_after = retry_after


class NoKeyError(ServiceError):
    """This needs an API key: send it as `Authorization: Bearer KEY` or log in."""

    status = HTTPStatus.UNAUTHORIZED


class ForbiddenError(ServiceError):
    """This is not allowed."""

    status = HTTPStatus.FORBIDDEN


class NotThereError(ServiceError):
    """There is no such thing."""

    status = HTTPStatus.NOT_FOUND


class TooLargeError(ServiceError):
    """This is larger than allowed."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnusableError(ServiceError):
    """This can't be worked with."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyRequestsError(ServiceError):
    """These are more requests than allowed: wait a little."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class UnavailableError(ServiceError):
    """The service can't do this at the moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class TooSlowError(ServiceError):
    """This took longer than the service waits."""

    status = HTTPStatus.GATEWAY_TIMEOUT


class Problem(BaseModel):
    """Why a request was not answered."""

    code: str = Field(description="A word that stays the same", examples=["not_found"])
    message: str = Field(description="A sentence for people: what, why, and the remedy")
    request_id: str = Field(description="The same id stands in the service's log")


@dataclass(frozen=True)
class Refusal:
    """What to answer."""

    status: HTTPStatus
    message: str
    retry_after: int | None = None
    #: Headers that came with the error, such as the methods that a path allows.
    brought: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that the status asks for."""
        found = dict(self.brought)
        if self.retry_after is not None:
            found["Retry-After"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            found["WWW-Authenticate"] = "Bearer"
        return found


#: Statuses of errors that other parts raise; the first that fits counts.
_STATUSES: tuple[tuple[type[SealqError], HTTPStatus], ...] = (
    (JobNotFoundError, HTTPStatus.NOT_FOUND),
    (DeadLetterNotFoundError, HTTPStatus.NOT_FOUND),
    (TokenConflictError, HTTPStatus.CONFLICT),
    (WrongUseError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (StackUnreachableError, HTTPStatus.SERVICE_UNAVAILABLE),
    (SealqError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def refusal_of(exc: Exception) -> Refusal:
    """Say what to answer to an error; what nobody foresaw is told to the log alone."""
    if isinstance(exc, ServiceError):
        return Refusal(exc.status, str(exc), exc.retry_after)
    if isinstance(exc, RequestValidationError):
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, _problems(exc))
    if isinstance(exc, HTTPException):
        status = HTTPStatus(exc.status_code)
        return Refusal(status, str(exc.detail), brought=exc.headers or {})
    if isinstance(exc, SealqError):
        status = next(status for kind, status in _STATUSES if isinstance(exc, kind))
        return Refusal(status, str(exc))
    if isinstance(exc, OperationalError):
        log.error("the database can't be used: %s", exc)
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The database can't be used at the moment.")
    log.error("unforeseen", exc_info=exc)
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error: the service's log has it."
    )


def answer(request: Request, exc: Exception) -> Response:
    """Answer a request with the error's status, in the form that its path has.

    A browser that asks for no file of ours gets a page.
    """
    if not _is_paddlex(request) and "text/html" in request.headers.get("accept", ""):
        # Pages know these errors.
        from sealq_web.pages.route import error_page

        return error_page(request, exc)
    refusal = refusal_of(exc)
    body = _paddlex_body(request, refusal) if _is_paddlex(request) else _body(request, refusal)
    return JSONResponse(
        body.model_dump(by_alias=True), status_code=refusal.status, headers=dict(refusal.headers)
    )


def install(app: FastAPI) -> None:
    """Let the application answer errors."""
    for kind in (SealqError, RequestValidationError, HTTPException, OperationalError, Exception):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, exc: Exception) -> Response:
    return answer(request, exc)


def _is_paddlex(request: Request) -> bool:
    return request.url.path in PADDLEX_PATHS


def _body(request: Request, refusal: Refusal) -> BaseModel:
    return Problem(
        code=refusal.status.name.lower(),
        message=refusal.message,
        request_id=request_id_of(request.scope),
    )


def _paddlex_body(request: Request, refusal: Refusal) -> BaseModel:
    log_id = request_id_of(request.scope)
    return PaddleXStatus(log_id=log_id, error_code=refusal.status, error_msg=refusal.message)


def _problems(exc: RequestValidationError) -> str:
    problems = [
        {"type": error["type"], "loc": ".".join(map(str, error["loc"])), "msg": error["msg"]}
        for error in exc.errors()
    ]
    return json.dumps(problems, ensure_ascii=False)
