"""The files that pages load: ours, from this package, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

from sealq_web.errors import NotThereError
from sealq_web.pages.route import PageRoute

#: Names and what they are: nothing beside them is served.
_TYPES: Mapping[str, str] = {
    "sealq.css": "text/css; charset=utf-8",
    "sealq.js": "text/javascript; charset=utf-8",
    "seal.svg": "image/svg+xml",
}
#: A changed file has another URL.
_FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(route_class=PageRoute)


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """Serve a file of the pages."""
    if name not in _TYPES:
        raise NotThereError(f"There is no file {name}.")
    return Response(
        _content(name),
        media_type=_TYPES[name],
        headers={"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff"},
    )


def static_url(name: str) -> str:
    """Return where a file lies, with a mark of its content."""
    return f"/static/{name}?v={hashlib.sha256(_content(name)).hexdigest()[:12]}"


@cache
def _content(name: str) -> bytes:
    return files("sealq_web").joinpath("static", name).read_bytes()
