"""Answers that every route of the interface may give."""

from __future__ import annotations

from typing import Any

from sealq_web.errors import Problem

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": why}
    for status, why in {
        400: "The body is no JSON, or no form",
        401: "An API key is needed, or the one that was sent is none",
        403: "The key's scope is too small, or the place is not allowed",
        404: "There is no such thing",
        409: "The client token belongs to another kind of job",
        413: "Larger than allowed",
        422: "Something in the request can't be used",
        429: "Too many requests; Retry-After says for how long",
        500: "Something unforeseen",
        503: "A part of the stack does not answer",
    }.items()
}
