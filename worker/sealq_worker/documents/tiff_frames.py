"""Count a TIFF's frames.

Pillow counts too, but makes sense of every frame's tags on the way: one frame that it can't decode
would cost the whole document.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class _Layout:
    """How a TIFF flavour writes its directories. Formats are those of `struct`."""

    first: str
    #: Byte at which the offset of the first directory stands.
    first_at: int
    entries: str
    #: Bytes of one directory entry.
    entry_bytes: int


#: Version number of the flavour with 64-bit offsets.
_BIG_VERSION = 43

_CLASSIC = _Layout(first="I", first_at=4, entries="H", entry_bytes=12)
_BIG = _Layout(first="Q", first_at=8, entries="Q", entry_bytes=20)


def count_frames(file: BinaryIO, at_most: int) -> int:
    """Count the image directories that a TIFF links, from the first to the last.

    Args:
        file: At any position.
        at_most: Stop counting one above this: a crafted file links many.

    Raises:
        EOFError: The file ends before its directories do.
    """
    file.seek(0)
    order = "<" if file.read(2) == b"II" else ">"
    layout = _BIG if _number(file, order + "H") == _BIG_VERSION else _CLASSIC
    file.seek(layout.first_at)
    seen: set[int] = set()
    while (offset := _number(file, order + layout.first)) and offset not in seen:
        seen.add(offset)
        if len(seen) > at_most:
            break
        file.seek(offset)
        entries = _number(file, order + layout.entries)
        file.seek(entries * layout.entry_bytes, 1)
    return len(seen)


def _number(file: BinaryIO, form: str) -> int:
    size = struct.calcsize(form)
    data = file.read(size)
    if len(data) < size:
        raise EOFError("the file ends within its list of pages")
    (number,) = struct.unpack(form, data)
    return int(number)
