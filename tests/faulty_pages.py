"""Documents whose pages go wrong by their shades, where a worker is told to let them."""

from __future__ import annotations

from odd_files import grey_frame, raw_tiff

#: Shades that end or stop the process that reads them, or make the reader raise.
SEGFAULTS, HANGS, EATS, FAILS = 11, 12, 13, 14
#: Shade of a first page: the process ends when the document is opened to be read.
ENDS_WHEN_OPENED = 15
#: First of the shades that do nothing.
HARMLESS = 100


def document(*shades: int) -> bytes:
    """Return a TIFF with a page of each shade."""
    return raw_tiff([grey_frame(40 + number, 30, shade) for number, shade in enumerate(shades)])


def harmless(pages: int, first: int = HARMLESS) -> bytes:
    """Return a TIFF of pages that do nothing, of shades of their own."""
    return document(*range(first, first + pages))
