"""What a file is, by its first bytes. Names lie: a `.png` may well be a JPEG."""

from __future__ import annotations

from enum import StrEnum

#: Bytes from the start of a file that tell what it is.
SNIFF_BYTES = 4096

#: A PDF's header may stand this many bytes into the file, behind junk (mail headers, for instance).
_PDF_HEADER_WITHIN = 1024


class MediaType(StrEnum):
    """The kinds of files that sealq reads, by their MIME type."""

    PDF = "application/pdf"
    TIFF = "image/tiff"
    PNG = "image/png"
    JPEG = "image/jpeg"
    BMP = "image/bmp"
    WEBP = "image/webp"
    GIF = "image/gif"


#: Suffixes, in lower case, that make a file a document whatever it holds, so that an empty
#: `invoice.pdf` ends with a named reason and is not passed over. The last four hold pages that
#: sealq can't read: passing them over in silence would leave invoices out.
DOCUMENT_SUFFIXES = frozenset(
    {".pdf", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".webp", ".gif"}
    | {".ofd", ".heic", ".heif", ".jp2"}
)

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"II*\x00", MediaType.TIFF),
    (b"MM\x00*", MediaType.TIFF),
    (b"II+\x00", MediaType.TIFF),  # BigTIFF
    (b"MM\x00+", MediaType.TIFF),
    (b"GIF87a", MediaType.GIF),
    (b"GIF89a", MediaType.GIF),
)

_ZIP = b"PK\x03\x04"

#: Sizes in bytes of the second header of every BMP version. "BM" alone also begins texts.
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

#: What other files begin with, and what they are then.
_OTHER_MAGIC = (
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"AT&TFORM", "a DjVu document"),
    (b"8BPS", "a Photoshop picture"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
)

#: Where a tar archive says that it is one, and what it says. Older ones say nothing.
_TAR_AT, _TAR = 257, b"ustar"

#: Fields that a mail begins with, in lower case.
_MAIL_FIELDS = (b"received:", b"return-path:", b"delivered-to:", b"message-id:", b"mime-version:")

#: Entries near the start of a ZIP archive, and what kind of document has them.
_ZIP_ENTRIES = (
    (b"OFD.xml", "an OFD document"),
    (b"Doc_0/", "an OFD document"),
    (b"[Content_Types].xml", "an Office document"),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file"),
)

#: Brands of an ISO media file (bytes 8 to 12), and what pictures have them.
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"), "a HEIC picture"),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF picture"),
}

#: Bytes below 32 that stand in texts: tab, line feed, form feed, carriage return, escape.
_TEXT_CONTROLS = frozenset(b"\t\n\f\r\x1b")


def sniff(head: bytes) -> MediaType | None:
    """Say what a file is.

    Args:
        head: The first `SNIFF_BYTES` bytes, or all of a shorter file.

    Returns:
        None where it is nothing that sealq reads.
    """
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return MediaType.BMP
    return MediaType.PDF if _has_pdf_header(head) else None


def describe_unsupported(head: bytes, name: str) -> str:
    """Say in one sentence what an unsupported file seems to be, and what to do.

    Args:
        head: The first `SNIFF_BYTES` bytes, or all of a shorter file.
        name: The file's name as the user knows it.
    """
    if not head:
        return f"{name} is empty (0 bytes): get a whole copy of it."
    kind = _kind(head, name)
    if kind is None:
        return f"{name} is of a kind that sealq does not know: convert it to PDF."
    if kind == "a mail":
        remedy = "save what is attached to it"
    else:
        remedy = "unpack it" if kind.endswith("archive") else "convert it to PDF"
    return f"{name} seems to be {kind}: {remedy}."


def _has_pdf_header(head: bytes) -> bool:
    # A PDF stored in an archive shows its header too, and would be read without the rest.
    magic = b"%PDF-"
    return (
        not head.startswith(_ZIP)
        and not _is_tar(head)
        and magic in head[: _PDF_HEADER_WITHIN + len(magic)]
    )


def _is_tar(head: bytes) -> bool:
    return head.startswith(_TAR, _TAR_AT)


def _kind(head: bytes, name: str) -> str | None:
    if head.startswith(_ZIP):
        return _kind_of_zip(head, name)
    if _is_tar(head):
        return "a tar archive"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "a video")
    for magic, kind in _OTHER_MAGIC:
        if head.startswith(magic):
            return kind
    return _kind_of_text(head)


def _kind_of_zip(head: bytes, name: str) -> str:
    for entry, kind in _ZIP_ENTRIES:
        if entry in head:
            return kind
    return "an OFD document" if name.lower().endswith(".ofd") else "a ZIP archive"


def _kind_of_text(head: bytes) -> str | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page"
    if start.startswith((b"<svg", b"<?xml")):
        return "an XML file"
    if start.startswith(_MAIL_FIELDS):
        return "a mail"
    is_text = all(byte >= ord(" ") or byte in _TEXT_CONTROLS for byte in head)
    return "plain text" if is_text else None
