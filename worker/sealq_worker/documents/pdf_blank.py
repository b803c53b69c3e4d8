"""PDF pages on which pdfium draws nothing: blank by intent, or because something was lost."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

import pypdfium2 as pdfium

from sealq_worker.documents.flate import inflate

#: Bytes of a page's commands that are looked through.
_COMMAND_BYTES = 1 << 20

# As pdfium writes a page and a stream into a new file; it keeps what it can't inflate as it was.
_CONTENTS = re.compile(rb"/Contents(?: |\[ )((?:\d+ 0 R *)+)")
_STREAM = rb"\n%b 0 obj\r\n<<[^\r]*?/Length (\d+)[^\r]*?>>stream\r\n"

#: A command to draw a picture or a form.
_DRAWS_OBJECT = re.compile(rb"/\S+\s+Do\b")


def damage_of_blank(pdf: pdfium.PdfDocument, index: int) -> str | None:
    """Say why a page without a drawing is not blank by intent; None: it may well be.

    Args:
        pdf: The document.
        index: Of the page, from 0.
    """
    for commands in _commands(_alone(pdf, index)):
        if commands is None:
            return "its drawing is cut short"
        if _DRAWS_OBJECT.search(commands):
            return "what it draws is not in the file"
    return None


def _alone(pdf: pdfium.PdfDocument, index: int) -> bytes:
    """Return a file of one page: pdfium shows a page's commands in no other way."""
    alone = pdfium.PdfDocument.new()
    file = io.BytesIO()
    try:
        alone.import_pages(pdf, [index])
        alone.save(file)
    finally:
        alone.close()
    return file.getvalue()


def _commands(data: bytes) -> Iterator[bytes | None]:
    """Yield each of a page's streams of commands; None for one that can't be inflated."""
    contents = _CONTENTS.search(data)
    for number in re.findall(rb"(\d+) 0 R", contents[1]) if contents else ():
        stream = re.search(_STREAM % number, data)
        if stream is not None:
            yield _inflated(data[stream.end() : stream.end() + int(stream[1])])


def _inflated(packed: bytes) -> bytes | None:
    try:
        return b"".join(inflate(packed, _COMMAND_BYTES))
    except zlib.error:
        return None
