"""Count a TIFF's frames.

Pillow counts too, but makes sense of every frame's tags on the way: one frame that it can't decode
would cost the whole document.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class _Layout:
    """How a TIFF flavour writes its directories. Formats are those of `struct`."""

    #: An offset of a directory.
    link: str
    #: Byte at which the offset of the first directory stands.
    first_at: int
    #: The number of a directory's entries; they and the next offset follow.
    count: str
    #: Bytes of one directory entry.
    entry_bytes: int


#: "II", as a number.
_LITTLE_ENDIAN = 0x4949

#: Version number of the flavour with 64-bit offsets.
_BIG_VERSION = 43

_CLASSIC = _Layout(link="I", first_at=4, count="H", entry_bytes=12)
_BIG = _Layout(link="Q", first_at=8, count="Q", entry_bytes=20)


def count_frames(file: BinaryIO, at_most: int) -> int:
    """Count the image directories that a TIFF links, from the first to the last.

    Args:
        file: At any position.
        at_most: Stop counting one above this: a crafted file links many.

    Raises:
        EOFError: The file ends before its directories do.
    """
    order = "<" if _number(file, "<H", 0) == _LITTLE_ENDIAN else ">"
    layout = _BIG if _number(file, order + "H", 2) == _BIG_VERSION else _CLASSIC
    link_at = layout.first_at
    seen: set[int] = set()
    while (offset := _number(file, order + layout.link, link_at)) and offset not in seen:
        seen.add(offset)
        if len(seen) > at_most:
            break
        entries = _number(file, order + layout.count, offset)
        link_at = offset + struct.calcsize(layout.count) + entries * layout.entry_bytes
    return len(seen)


def _number(file: BinaryIO, form: str, at: int) -> int:
    end = at + struct.calcsize(form)
    if end > file.seek(0, os.SEEK_END):
        raise EOFError("the file ends within its list of pages")
    file.seek(at)
    (number,) = struct.unpack(form, file.read(end - at))
    return int(number)
