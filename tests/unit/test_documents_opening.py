"""What is refused when a document is opened, by content and by limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from odd_files import PdfPage, corner_mark, encode, grey_frame, noise, pdf, raw_pdf, raw_tiff

from sealq_storage.media import MediaType
from sealq_worker.documents import DocumentLimits, open_document
from sealq_worker.errors import (
    CorruptDocumentError,
    DocumentError,
    DocumentForbiddenError,
    DocumentNotFoundError,
    DocumentTooLargeError,
    EmptyDocumentError,
    NoSuchPageError,
    TooManyPagesError,
    UnsupportedDocumentError,
)

LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=100, max_page_pixels=1_000_000)

#: A user id without rights.
NOBODY = 65534

PNG = encode(corner_mark(), "PNG")
GIF = encode(corner_mark(), "GIF")
NO_PAGES = raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"])


@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.jpg", "a.tif", "a"])
def test_a_file_of_no_bytes_is_empty_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    with pytest.raises(EmptyDocumentError, match=f"{name} is empty"):
        open_document(path, dpi=72, limits=LIMITS)


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.tif", PNG, MediaType.PNG),
        ("a.pdf", PNG, MediaType.PNG),
        ("a.png", GIF, MediaType.GIF),
        ("a.png", pdf(PdfPage()), MediaType.PDF),
        ("a", PNG, MediaType.PNG),
    ],
)
def test_the_content_says_what_a_file_is_not_its_name(
    tmp_path: Path, name: str, data: bytes, media_type: MediaType
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with open_document(path, dpi=72, limits=LIMITS) as document:
        assert document.media_type is media_type
        assert document.page(1).image.any()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", b"a text, not a picture"),
        ("a.pdf", b"<html><body>Please log in</body></html>"),
        ("a.heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"),
        ("a.jp2", b"\x00\x00\x00\x0cjP  \r\n\x87\n"),
        ("a.pdf", bytes(range(256))),
    ],
)
def test_what_sealq_does_not_read_is_unsupported_with_the_remedy(
    tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UnsupportedDocumentError, match=f"{name} .*convert it to PDF"):
        open_document(path, dpi=72, limits=LIMITS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("garbage.pdf", b"%PDF-1.7\n" + b"garbage " * 100),
        ("cut.png", PNG[:20]),  # within the header
        ("cut.jpg", encode(noise(), "JPEG")[:20]),
        ("flipped.png", PNG[:20] + b"\x7f" + PNG[21:]),  # the header's checksum is wrong
        ("cut.gif", GIF[:10]),
        ("cut.webp", encode(noise(), "WEBP")[:200]),  # its reader wants the whole file
        ("cut.bmp", encode(corner_mark(), "BMP")[:20]),
    ],
)
def test_a_damaged_header_fails_the_document(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CorruptDocumentError, match=name):
        open_document(path, dpi=72, limits=LIMITS)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(DocumentNotFoundError, match=r"a\.pdf is not there"):
        open_document(tmp_path / "a.pdf", dpi=72, limits=LIMITS)


@pytest.fixture
def forbidden_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:  # root may read everything
        os.seteuid(NOBODY)
    yield path
    os.seteuid(user)


def test_a_file_that_may_not_be_read_is_forbidden(forbidden_file: Path) -> None:
    with pytest.raises(DocumentForbiddenError, match=r"a\.png may not be read"):
        open_document(forbidden_file, dpi=72, limits=LIMITS)


def test_a_file_above_the_size_limit_is_refused_and_one_at_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    open_document(path, dpi=72, limits=replace(LIMITS, max_bytes=len(PNG))).close()
    with pytest.raises(DocumentTooLargeError, match="SEALQ_MAX_DOCUMENT_BYTES"):
        open_document(path, dpi=72, limits=replace(LIMITS, max_bytes=len(PNG) - 1))


@pytest.mark.parametrize("data", [pdf(*[PdfPage()] * 3), raw_tiff([grey_frame(4, 4)] * 3)])
def test_a_document_above_the_page_limit_is_refused_and_one_at_it_is_taken(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    open_document(path, dpi=72, limits=replace(LIMITS, max_pages=3)).close()
    with pytest.raises(TooManyPagesError, match="more than the 2 pages"):
        open_document(path, dpi=72, limits=replace(LIMITS, max_pages=2))


@pytest.mark.parametrize("number", [-1, 0, 2])
@pytest.mark.parametrize("data", [pdf(PdfPage()), PNG, raw_tiff([grey_frame(4, 4)])])
def test_a_page_outside_the_document_is_refused(tmp_path: Path, data: bytes, number: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    with (
        open_document(path, dpi=72, limits=LIMITS) as document,
        pytest.raises(NoSuchPageError, match=f"no page {number}: its pages are 1 to 1"),
    ):
        document.page(number)


@pytest.mark.parametrize("data", [pdf(PdfPage()), NO_PAGES, PNG, PNG[:20], raw_tiff([])])
def test_no_file_stays_open_after_close_or_failure(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    try:
        document = open_document(path, dpi=72, limits=LIMITS)
    except DocumentError:
        # Asked here, where the error still keeps alive what failed.
        assert str(path) not in open_files()
    else:
        document.close()
        document.close()  # twice is harmless
        assert str(path) not in open_files()


def open_files() -> list[str]:
    folder = Path("/proc/self/fd")
    return [str(link.readlink()) for link in folder.iterdir() if link.is_symlink()]


def test_every_kind_of_document_error_has_its_own_code_and_states_a_remedy() -> None:
    kinds = DocumentError.__subclasses__()
    assert {kind.code for kind in kinds} == {
        "changed",
        "corrupt",
        "empty",
        "encrypted",
        "forbidden",
        "no_such_page",
        "not_found",
        "too_large",
        "too_many_pages",
        "too_many_pixels",
        "unsupported",
    }
    assert len(kinds) == len({kind.code for kind in kinds})
    assert all(str(kind()).count(".") >= 2 for kind in kinds)  # the reason; the remedy
