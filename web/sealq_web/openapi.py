"""What the description of the interface says beside what the routes say themselves."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sealq_web.api.schemas import JobWishes
from sealq_web.gate import PUBLIC_PATHS

_KEY = "apiKey"
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def add_key(app: FastAPI) -> None:
    """Let the description say that a key is needed, and what an upload's wishes are."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]  # as FastAPI's documentation does


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes
    )
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {_KEY: {"type": "http", "scheme": "bearer"}}
    components.setdefault("schemas", {})["JobWishes"] = JobWishes.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS and path not in PUBLIC_PATHS:
                operation["security"] = [{_KEY: []}]
    return schema
