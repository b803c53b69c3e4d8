"""Passwords that open encrypted PDFs, from a file that only workers read."""

from __future__ import annotations

from pathlib import Path

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def passwords_in(file: Path) -> list[bytes]:
    """Return the passwords of a file, one a line; spaces count, empty lines do not.

    Raises:
        OSError: It can't be read.
    """
    lines = file.read_bytes().removeprefix(_BYTE_ORDER_MARK).splitlines()
    return [line for line in lines if line]
