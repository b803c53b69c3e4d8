"""Odd and hostile files, each with how it must end. `python tests/corpus.py FOLDER` writes them."""

from __future__ import annotations

import gzip
import io
import os
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from odd_files import (
    PdfPage,
    PdfPicture,
    TiffFrame,
    corner_mark,
    encode,
    encrypted_pdf,
    grey_frame,
    jpeg_claiming,
    noise,
    pdf,
    pdf_of_picture,
    pdf_with_missing_page,
    pdf_with_widget_seal,
    raw_pdf,
    raw_png,
    raw_tiff,
)

#: How a page ends that can be read.
READ = "read"


@dataclass(frozen=True)
class Case:
    """A file and how it ends."""

    data: bytes
    #: An error code of the whole document, or how each page ends: `READ` or an error code.
    end: str | tuple[str, ...]


PNG = encode(corner_mark(), "PNG")
JPEG = encode(noise(), "JPEG")
GIF = encode(corner_mark(), "GIF")
TIFF = raw_tiff([grey_frame(3, 2), grey_frame(3, 2)])
PDF = pdf(PdfPage(), PdfPage())
DRAWING = zlib.compress(b"q 100 0 0 50 0 0 cm /Im Do Q" + b" " * 500)
FLATE = b"/Filter/FlateDecode"
PIXELS = zlib.compress(noise().tobytes())


def _claiming_gif(side: int) -> bytes:
    return GIF[:6] + struct.pack("<HH", side, side) + GIF[10:]


def _claiming_bmp(side: int) -> bytes:
    data = encode(corner_mark(), "BMP")
    return data[:18] + struct.pack("<ii", side, side) + data[26:]


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:  # as it is: its PDF's header can be seen
        archive.writestr("invoice.pdf", PDF)
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo("invoice.pdf")
        entry.size = len(PDF)
        archive.addfile(entry, io.BytesIO(PDF))
    return file.getvalue()


def _text_bomb() -> bytes:
    """Return a PNG with a text of 64 MiB that takes 64 KiB."""
    text = b"note\0\0" + zlib.compress(bytes(64 << 20))
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text
    return PNG[:33] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + PNG[33:]


NOTHING: Mapping[str, Case] = {
    f"empty{suffix}": Case(b"", "empty") for suffix in (".png", ".jpg", ".tif", ".pdf")
}

PICTURES: Mapping[str, Case] = {
    "cut.png": Case(encode(noise(), "PNG")[:6000], ("corrupt",)),
    "cut-header.png": Case(PNG[:20], "corrupt"),
    "cut.jpg": Case(JPEG[: len(JPEG) // 2], ("corrupt",)),
    "cut-header.jpg": Case(JPEG[:20], "corrupt"),
    "cut.gif": Case(GIF[:10], "corrupt"),
    "cut.webp": Case(encode(noise(), "WEBP")[:200], "corrupt"),
    "cut.bmp": Case(encode(corner_mark(), "BMP")[:20], "corrupt"),
    "cut-list.tif": Case(TIFF[:-20], "corrupt"),
    "lost-pixels.tif": Case(
        raw_tiff([grey_frame(3, 2), TiffFrame(900, 900, b"")]), (READ, "corrupt")
    ),
    "odd-colours.tif": Case(
        raw_tiff([grey_frame(3, 2), TiffFrame(3, 2, bytes(6), photometric=99)]), (READ, "corrupt")
    ),
    "circle.tif": Case(raw_tiff([grey_frame(3, 2)], next_of_last=8), (READ,)),
    "float.tif": Case(raw_tiff([TiffFrame(1, 1, bytes(4), 32, 1, 3)]), (READ,)),
    "no-size.png": Case(raw_png((0, 0), 8, 0, b""), "corrupt"),
    "text-bomb.png": Case(_text_bomb(), "corrupt"),
    "thin.png": Case(encode(corner_mark(size=(2, 5000)), "PNG"), (READ,)),
    "really-a-gif.png": Case(GIF, (READ,)),
    "really-a-pdf.png": Case(PDF, (READ, READ)),
    "really-a-png.pdf": Case(PNG, (READ,)),
    "no-suffix": Case(PNG, (READ,)),
}

BOMBS: Mapping[str, Case] = {
    "bomb.png": Case(raw_png((50_000, 50_000), 8, 6, b""), ("too_many_pixels",)),
    "bomb.jpg": Case(jpeg_claiming(65_000, 65_000), ("too_many_pixels",)),
    "bomb.gif": Case(_claiming_gif(65_000), ("too_many_pixels",)),
    "bomb.bmp": Case(_claiming_bmp(65_000), ("too_many_pixels",)),
    "bomb-frame.tif": Case(
        raw_tiff([TiffFrame(40_000, 40_000, b""), grey_frame(3, 2)]), ("too_many_pixels", READ)
    ),
    "bomb-page.pdf": Case(
        pdf(PdfPage(box=b"/MediaBox[0 0 14400 14400]"), PdfPage()), ("too_many_pixels", READ)
    ),
    "bomb-picture.pdf": Case(
        pdf_of_picture(PdfPicture(PIXELS, 50_000, 20_000, b"FlateDecode")), ("too_many_pixels",)
    ),
    "bomb-stamp.pdf": Case(
        pdf_of_picture(PdfPicture(JPEG, 50_000, 20_000), on_annotation=True), ("too_many_pixels",)
    ),
    "bomb-commands.pdf": Case(
        pdf_of_picture(PdfPicture(JPEG), drawing=zlib.compress(b" " * (32 << 20)), entries=FLATE),
        (READ,),  # a blank page, after all
    ),
}

PDFS: Mapping[str, Case] = {
    "garbage.pdf": Case(b"%PDF-1.7\n" + b"garbage " * 100, "corrupt"),
    "cut.pdf": Case(PDF[: len(PDF) // 2], "corrupt"),
    "no-pages.pdf": Case(
        raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]), "empty"
    ),
    "missing-page.pdf": Case(pdf_with_missing_page(), (READ, "corrupt", READ)),
    "locked.pdf": Case(encrypted_pdf("secret", "owner"), "encrypted"),
    "restricted.pdf": Case(encrypted_pdf("", "owner"), (READ,)),
    "seal.pdf": Case(pdf_with_widget_seal(), (READ,)),
    "no-box.pdf": Case(pdf(PdfPage(box=b"")), (READ,)),
    "zero-box.pdf": Case(pdf(PdfPage(box=b"/MediaBox[0 0 0 0]")), (READ,)),
    "tiny-box.pdf": Case(pdf(PdfPage(box=b"/MediaBox[0 0 0.2 0.2]")), (READ,)),
    "blank.pdf": Case(pdf(PdfPage(drawing=b"")), (READ,)),
    "scan.pdf": Case(pdf_of_picture(PdfPicture(JPEG)), (READ,)),
    "cut-scan.pdf": Case(pdf_of_picture(PdfPicture(JPEG[: len(JPEG) // 2])), ("corrupt",)),
    "cut-stamp.pdf": Case(
        pdf_of_picture(PdfPicture(JPEG[: len(JPEG) // 2]), on_annotation=True), ("corrupt",)
    ),
    "garbage-scan.pdf": Case(pdf_of_picture(PdfPicture(b"garbage " * 99)), ("corrupt",)),
    "pixels.pdf": Case(pdf_of_picture(PdfPicture(PIXELS, filter=b"FlateDecode")), (READ,)),
    "cut-pixels.pdf": Case(
        pdf_of_picture(PdfPicture(PIXELS[:1000], filter=b"FlateDecode")), ("corrupt",)
    ),
    "odd-filter.pdf": Case(pdf_of_picture(PdfPicture(JPEG, filter=b"DCT\x9d")), ("corrupt",)),
    "lost-scan.pdf": Case(pdf_of_picture(PdfPicture(JPEG), drawing=b"/Gone Do"), ("corrupt",)),
    "cut-commands.pdf": Case(
        pdf_of_picture(PdfPicture(JPEG), drawing=DRAWING[:12], entries=FLATE), ("corrupt",)
    ),
    "flipped-commands.pdf": Case(
        pdf_of_picture(PdfPicture(JPEG), drawing=b"xx" + DRAWING[2:], entries=FLATE), ("corrupt",)
    ),
}

OTHERS: Mapping[str, Case] = {
    "text.png": Case(b"a text, not a picture", "unsupported"),
    "login.pdf": Case(b"<html><body>Please log in</body></html>", "unsupported"),
    "photo.heic": Case(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "unsupported"),
    "scan.jp2": Case(b"\x00\x00\x00\x0cjP  \r\n\x87\n", "unsupported"),
    "archive.pdf": Case(_zip(), "unsupported"),
    "tar.pdf": Case(_tar(), "unsupported"),
    "mail.pdf": Case(b"Received: from mail\r\nSubject: invoice\r\n\r\nDear all", "unsupported"),
    "packed.pdf": Case(gzip.compress(PDF), "unsupported"),
    "bytes.pdf": Case(bytes(range(256)), "unsupported"),
}

#: Names that no program expects, of files that can be read: bytes that are no text, a line feed, a
#: terminal's command, what could climb out of a folder or look like an option or an address.
NAMES = (
    os.fsdecode(b"\xff\xfe.png"),
    "two\nlines.png",
    "\x1b[31mred.png",
    "a..png",
    "-rf.png",
    "'; DROP TABLE jobs; --.png",
    "%2e%2e%2fescape.png",
    "back\\slash.png",
    "http:.png",
    "发票　1.png",
)

#: Broken ones under such names: their reasons hold the name.
BROKEN_NAMES = (os.fsdecode(b"broken-\xff.png"), "broken\nlines.png", "broken-\x1b[31m.png")

CORPUS: Mapping[str, Case] = {
    **NOTHING,
    **PICTURES,
    **BOMBS,
    **PDFS,
    **OTHERS,
    **{name: Case(PNG, (READ,)) for name in NAMES},
    **{name: Case(PNG[:20], "corrupt") for name in BROKEN_NAMES},
}


def write_corpus(folder: Path) -> None:
    """Write all files into a folder, which is made."""
    folder.mkdir(parents=True)
    for name, case in CORPUS.items():
        (folder / name).write_bytes(case.data)


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]))
