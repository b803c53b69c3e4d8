"""From a template and values to a page: escaped, in the reader's language, with its headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sealq_audit.reasons import sentence
from sealq_configs.text import printable
from sealq_storage.api_keys import Scope
from sealq_storage.verdicts import VerdictResult
from sealq_web.access import Caller, require
from sealq_web.login import CSRF_FIELD, csrf_token
from sealq_web.pages.languages import LANGUAGES, language_of
from sealq_web.pages.overlay import points, shortened, view_box
from sealq_web.pages.static import static_url

#: Who looks at pages, and who decides.
Reader = Annotated[Caller, Depends(require(Scope.READ))]
Decider = Annotated[Caller, Depends(require(Scope.SUBMIT))]

#: A page loads nothing from elsewhere, runs no script but ours, and stands in nobody's frame.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def render(
    request: Request, template: str, /, status: int = HTTPStatus.OK, **values: object
) -> HTMLResponse:
    """Return a page.

    Args:
        request: Whose language and login count.
        template: File in `templates`.
        status: HTTP status.
        values: For the template.
    """
    language = language_of(request)
    text = _ENVIRONMENT.get_template(template).render(
        t=language,
        language=language.code,
        languages=LANGUAGES,
        here=_here(request),
        caller=getattr(request.state, "caller", None),
        csrf_field=CSRF_FIELD,
        csrf_token=csrf_token(request),
        **values,
    )
    return HTMLResponse(text, status, HEADERS)


def moment(time: datetime) -> str:
    """Return a time for people without a script, which would show their own zone's."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def score(value: float | None) -> str:
    """Return a score with two digits; never rounded up to certainty."""
    if value is None:
        return "-"
    return f"{min(value, 0.99):.2f}" if value < 1 else "1.00"


def file_name(source: str) -> str:
    """Return the last part of a path or URL."""
    return printable(source.rstrip("/").rpartition("/")[2] or source)


def folder_name(source: str) -> str:
    """Return what stands before the last part."""
    return printable(source.rstrip("/").rpartition("/")[0])


def reason(verdict: VerdictResult, code: str) -> str:
    """Return why a verdict is what it is, in a language; what has no words there stays as it is."""
    if not verdict.reason_code:
        return verdict.reason
    return sentence(verdict.reason_code, verdict.reason_values, "zh" if code == "zh" else "en")


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sealq_web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": moment,
        "score": score,
        "file_name": file_name,
        "folder_name": folder_name,
        "printable": printable,
        "points": points,
        "view_box": view_box,
        "shortened": shortened,
        "number": "{:,}".format,
    }
    environment.globals |= {"static_url": static_url, "reason": reason}
    return environment


_ENVIRONMENT = _environment()
