"""Every odd and hostile file ends as it must, and with a named reason alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus import CORPUS, READ, Case

from sealq_worker.documents import DocumentLimits, OpenDocument, open_document
from sealq_worker.errors import DocumentError

LIMITS = DocumentLimits(max_bytes=1 << 24, max_pages=100, max_page_pixels=1_000_000)


def end_of(path: Path) -> str | tuple[str, ...]:
    """Return how a document ends, or each of its pages."""
    try:
        with open_document(path, dpi=72, limits=LIMITS) as document:
            return tuple(end_of_page(document, number + 1) for number in range(document.page_count))
    except DocumentError as exc:
        return told(exc)


def end_of_page(document: OpenDocument, number: int) -> str:
    try:
        document.page(number)
    except DocumentError as exc:
        return told(exc)
    return READ


def told(exc: DocumentError) -> str:
    """Return the code of an error whose text any log, terminal and database takes."""
    assert str(exc).isprintable()
    return exc.code


@pytest.mark.parametrize(("name", "case"), CORPUS.items(), ids=map(ascii, CORPUS))
def test_a_file_ends_with_its_named_reason_or_is_read(
    tmp_path: Path, name: str, case: Case
) -> None:
    path = tmp_path / name
    path.write_bytes(case.data)
    assert end_of(path) == case.end
