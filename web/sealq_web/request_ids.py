"""The id of a request: in its answer, in the log, in what it says went wrong."""

from __future__ import annotations

import re
import uuid

from starlette.datastructures import Headers
from starlette.types import Scope

#: The header in which a proxy may bring the id, and in which every answer has it.
REQUEST_ID_HEADER = "X-Request-ID"
#: An id that somebody else made must not forge log lines.
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


def request_id_of(scope: Scope) -> str:
    """Return the id of a request; the first who asks gives it one."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        brought = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        state["request_id"] = brought if _REQUEST_ID.fullmatch(brought) else str(uuid.uuid4())
    return str(state["request_id"])
