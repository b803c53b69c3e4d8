"""Inflate what PDFs deflate, in blocks: a small stream can hold gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

#: Bytes that go in at once, and that come out at once.
_IN_BYTES = 1 << 16
_OUT_BYTES = 1 << 20

#: Bytes of a zlib stream's header; as a number they are a multiple of 31 (RFC 1950).
_HEADER_BYTES = 2
_HEADER_DIVISOR = 31


def inflate(data: bytes, at_most: int) -> Iterator[bytes]:
    """Yield the content of a zlib stream; stop soon after `at_most` bytes.

    A missing or wrong checksum at the end is no error: some writers leave it out.

    Raises:
        zlib.error: The stream is damaged, or ends before its end.
    """
    if len(data) < _HEADER_BYTES or int.from_bytes(data[:_HEADER_BYTES]) % _HEADER_DIVISOR:
        raise zlib.error("no header")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    size = 0
    for start in range(_HEADER_BYTES, len(data), _IN_BYTES):
        packed = data[start : start + _IN_BYTES]
        while packed and not inflater.eof and size < at_most:
            block = inflater.decompress(packed, _OUT_BYTES)
            size += len(block)
            packed = inflater.unconsumed_tail
            yield block
    if not inflater.eof and size < at_most:
        raise zlib.error("cut short")
