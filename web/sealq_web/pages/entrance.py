"""The way in: the first page, the login, the choice of a language."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sealq_web.errors import NotThereError
from sealq_web.login import local_path
from sealq_web.pages.languages import COOKIE, LANGUAGES
from sealq_web.pages.rendering import Reader, render
from sealq_web.pages.route import PageRoute

#: Seconds for which a choice of language is kept.
_YEAR = 365 * 24 * 3600

router = APIRouter(route_class=PageRoute)


@router.get("/")
def first_page(caller: Reader) -> Response:
    """Lead to the jobs."""
    del caller
    return RedirectResponse("/jobs", HTTPStatus.SEE_OTHER)


@router.get("/login")
def login_page(request: Request, failed: bool = False) -> Response:  # noqa: FBT001, FBT002 (a query)
    """Ask for an API key."""
    after = local_path(request.query_params.get("next", "/"))
    return render(request, "login.html", failed=failed, after=after)


@router.get("/language/{code}")
def choose_language(request: Request, code: str) -> Response:
    """Keep a choice of language, and lead back."""
    if code not in LANGUAGES:
        raise NotThereError(f"The pages do not speak {code}. They speak {', '.join(LANGUAGES)}.")
    answer = RedirectResponse(
        local_path(request.query_params.get("next", "/")), HTTPStatus.SEE_OTHER
    )
    answer.set_cookie(COOKIE, code, max_age=_YEAR, httponly=True, samesite="lax")
    return answer
