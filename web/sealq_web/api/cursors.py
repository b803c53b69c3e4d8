"""Lists come a part at a time; a cursor, which only we can read, says where the next begins."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from sealq_configs.errors import WrongUseError

#: Larger numbers no row has, and no database takes.
_LARGEST = 2**63 - 1

#: How many items a client may ask for at once.
Limit = Annotated[int, Query(ge=1, le=1000, description="How many items at most")]
#: Where the list goes on.
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next` of the answer before; none: the start")
]


class CursorError(WrongUseError):
    """This cursor is none. Send what stood in `next` of the answer before."""


def write_cursor(*values: str | int) -> str:
    """Return a cursor with these values."""
    text = json.dumps(values, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_numbers(cursor: str, count: int) -> Sequence[int]:
    """Return the row numbers in a cursor.

    Raises:
        CursorError: It holds anything else.
    """
    values = _read(cursor)
    # A truth value is an integer, too.
    plain = [each for each in values if isinstance(each, int) and not isinstance(each, bool)]
    numbers = [each for each in plain if 0 <= each <= _LARGEST]
    if len(values) != count or len(numbers) != count:
        raise CursorError
    return numbers


def read_text(cursor: str) -> str:
    """Return the text in a cursor.

    Raises:
        CursorError: It holds anything else.
    """
    values = _read(cursor)
    if len(values) != 1 or not isinstance(values[0], str) or not values[0].isprintable():
        raise CursorError
    return values[0]


def _read(cursor: str) -> list[int | str]:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as exc:
        raise CursorError from exc
    if not isinstance(values, list):
        raise CursorError
    return values
