"""Routes of pages: what goes wrong becomes a page too, and who has to log in is led there."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealq_configs.errors import SealqError
from sealq_web.errors import NoKeyError, refusal_of

_UNDERSTOOD = (SealqError, RequestValidationError, HTTPException, OperationalError)


class PageRoute(APIRoute):
    """Answers people instead of programs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with its errors as pages."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except _UNDERSTOOD as exc:
                return error_page(request, exc)

        return answer


def error_page(request: Request, exc: Exception) -> Response:
    """Return the page that says what went wrong, or leads to the login where that is all."""
    # Rendering needs the static files' addresses, whose route is one of these.
    from sealq_web.pages.rendering import render

    if isinstance(exc, NoKeyError) and request.method == "GET":
        return RedirectResponse(f"/login?next={quote(request.url.path)}", HTTPStatus.SEE_OTHER)
    refusal = refusal_of(exc)
    page = render(request, "error.html", status=refusal.status, refusal=refusal)
    page.headers.update(refusal.headers)
    return page
