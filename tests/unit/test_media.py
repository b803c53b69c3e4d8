"""What a file is, by its first bytes."""

from __future__ import annotations

import io
import zipfile

import pytest
from odd_files import TiffFrame, corner_mark, encode, pdf, raw_tiff

from sealq_storage.media import (
    DOCUMENT_SUFFIXES,
    SNIFF_BYTES,
    MediaType,
    describe_unsupported,
    sniff,
)

PDF = pdf()


def zipped(*names: str, content: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("PNG", MediaType.PNG),
        ("JPEG", MediaType.JPEG),
        ("TIFF", MediaType.TIFF),
        ("BMP", MediaType.BMP),
        ("WEBP", MediaType.WEBP),
        ("GIF", MediaType.GIF),
    ],
)
def test_a_picture_is_known_by_its_head(form: str, expected: MediaType) -> None:
    assert sniff(encode(corner_mark(), form)[:SNIFF_BYTES]) is expected


@pytest.mark.parametrize(
    "head",
    [
        encode(corner_mark("I;16B"), "TIFF"),  # big-endian
        raw_tiff([TiffFrame(1, 1, b"\xff")], big=True),
        b"MM\x00+" + bytes(12),  # big-endian BigTIFF
    ],
)
def test_every_flavour_of_tiff_is_known(head: bytes) -> None:
    assert sniff(head) is MediaType.TIFF


@pytest.mark.parametrize(
    ("junk", "expected"),
    [(0, MediaType.PDF), (1, MediaType.PDF), (1024, MediaType.PDF), (1025, None)],
)
def test_a_pdf_header_may_stand_behind_1024_bytes_of_junk(
    junk: int, expected: MediaType | None
) -> None:
    assert sniff(b"\n" * junk + PDF) is expected


def test_a_pdf_stored_in_an_archive_is_no_pdf() -> None:
    assert sniff(zipped("a.pdf", content=PDF)) is None


@pytest.mark.parametrize("text", [b"BM is short for bitmap, says this text", b"BM", b"", b"%PDX"])
def test_what_only_looks_alike_is_none_of_them(text: bytes) -> None:
    assert sniff(text) is None


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (zipped("OFD.xml", "Doc_0/Document.xml"), "a.zip", "an OFD document"),
        (zipped("Other.xml"), "INVOICE.OFD", "an OFD document"),  # the listing begins elsewhere
        (zipped("[Content_Types].xml", "word/document.xml"), "a.docx", "an Office document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", "an old Office document"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "a.jpg", "a HEIC picture"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "a.jp2", "a JPEG 2000 picture"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "a.pdf", "an HTML page"),
        (b"<?xml version='1.0'?><invoice/>", "a.xml", "an XML file"),
        ("合同".encode("gb18030"), "a.pdf", "plain text"),
        ("合同\r\n".encode(), "a.pdf", "plain text"),
    ],
)
def test_an_unsupported_file_is_named_for_what_it_is_with_the_remedy(
    head: bytes, name: str, kind: str
) -> None:
    assert sniff(head) is None
    assert describe_unsupported(head, name) == f"{name} seems to be {kind}: convert it to PDF."


def test_an_archive_is_to_be_unpacked() -> None:
    assert (
        describe_unsupported(zipped("a.txt"), "a.zip")
        == "a.zip seems to be a ZIP archive: unpack it."
    )


def test_an_empty_file_is_called_empty() -> None:
    assert describe_unsupported(b"", "a.pdf") == "a.pdf is empty (0 bytes): get a whole copy of it."


def test_unknown_bytes_are_called_unknown() -> None:
    assert "a kind that sealq does not know" in describe_unsupported(b"\x00\x01\x02", "a.bin")


def test_suffixes_are_lower_case_with_a_dot_and_cover_every_media_type() -> None:
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in DOCUMENT_SUFFIXES)
    assert {f".{media_type.name.lower()}" for media_type in MediaType} <= DOCUMENT_SUFFIXES
