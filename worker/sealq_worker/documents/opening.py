"""Open a document: checks that cost nothing first, then the reader for what the file is."""

from __future__ import annotations

import os
from pathlib import Path

from sealq_configs.text import printable
from sealq_storage.media import SNIFF_BYTES, MediaType, describe_unsupported, sniff
from sealq_worker.documents.page_image import DocumentLimits, OpenDocument
from sealq_worker.documents.pdf import PdfFile
from sealq_worker.documents.pictures import PictureFile
from sealq_worker.errors import (
    DocumentForbiddenError,
    DocumentNotFoundError,
    DocumentTooLargeError,
    EmptyDocumentError,
    UnsupportedDocumentError,
)


def open_document(
    path: Path, *, dpi: int, limits: DocumentLimits, name: str | None = None
) -> OpenDocument:
    """Open a document on local disk. Its content decides what it is, not its name.

    Args:
        path: A file. It may not change while the document is open.
        dpi: Dots per inch at which PDF pages are rendered; pictures keep their pixels.
        limits: What to refuse.
        name: What messages call it, printable; default: the file's name.

    Raises:
        DocumentError: One of its kinds, with the reason and the remedy; nothing stays open.
    """
    name = name or printable(path.name)
    size, head = _look(path)
    if not size:
        raise EmptyDocumentError(describe_unsupported(head, name))
    if size > limits.max_bytes:
        raise DocumentTooLargeError(
            f"{name} has {size:,} bytes, more than the {limits.max_bytes:,} allowed: "
            "split it, or raise SEALQ_MAX_DOCUMENT_BYTES."
        )
    media_type = sniff(head)
    if media_type is None:
        raise UnsupportedDocumentError(describe_unsupported(head, name))
    if media_type is MediaType.PDF:
        return PdfFile(path, name, dpi, limits)
    return PictureFile(path, name, media_type, limits)


def name_of(source: str) -> str:
    """Return a document's name, as messages use it, from what the user named."""
    return source.rsplit("/", 1)[-1]


def _look(path: Path) -> tuple[int, bytes]:
    """Return the file's size in bytes and its head."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size, file.read(SNIFF_BYTES)
    except FileNotFoundError as exc:
        raise DocumentNotFoundError(
            f"{printable(str(path))} is not there: put it back, or submit it from where it is now."
        ) from exc
    except PermissionError as exc:
        raise DocumentForbiddenError(
            f"{printable(str(path))} may not be read by the worker: give its user read access."
        ) from exc
