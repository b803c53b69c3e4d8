"""`/healthz`: the process answers. `/readyz`: what it stands on does, too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sealq_configs.errors import SealqError
from sealq_producer.stack import Stack
from sealq_web.dependencies import RunningStack

log = logging.getLogger(__name__)

#: A key that no object has: asking for it tries the store and changes nothing.
_NO_OBJECT = "check/none"

router = APIRouter(tags=["watching over it"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What the service stands on."""

    status: Literal["ready", "not ready"]
    database: Literal["ok", "away"]
    redis: Literal["ok", "away"]
    objects: Literal["ok", "away"]


@router.get("/healthz", operation_id="isAlive")
async def healthz() -> Health:
    """Say that the process answers."""
    return Health()


@router.get("/readyz", operation_id="isReady", responses={503: {"model": Readiness}})
def readyz(response: Response, stack: RunningStack) -> Readiness:
    """Say whether requests can be served; the log has the reasons."""
    found = {
        "database": _try(lambda: _ask_database(stack)),
        "redis": _try(stack.transport.ping),
        "objects": _try(lambda: stack.objects.exists(_NO_OBJECT)),
    }
    ready = set(found.values()) == {"ok"}
    if not ready:
        response.status_code = 503
    return Readiness.model_validate({"status": "ready" if ready else "not ready", **found})


def _ask_database(stack: Stack) -> None:
    with stack.queries.begin() as session:
        session.execute(text("SELECT 1"))


def _try(use: Callable[[], object]) -> str:
    try:
        use()
    except (SealqError, SQLAlchemyError, OSError) as exc:
        log.warning("not ready: %s", exc)
        return "away"
    return "ok"
