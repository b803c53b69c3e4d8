"""Builders of odd input files, byte by byte where no library would write such a thing."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

RED = (255, 0, 0)
BLUE = (0, 0, 255)


def encode(picture: Image.Image, form: str, **options: Any) -> bytes:
    """Return a picture as a file of the given Pillow format."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def corner_mark(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Return a white picture whose top left quarter is red (black where there is no colour)."""
    picture = Image.new("RGB", size, "white")
    picture.paste(RED, (0, 0, size[0] // 2, size[1] // 2))
    return picture.convert(mode)


def noise(size: tuple[int, int] = (64, 64)) -> Image.Image:
    """Return a picture that compresses badly, so that a cut file lacks pixels."""
    return Image.effect_noise(size, 80).convert("RGB")


# PNG ---------------------------------------------------------------------------------------------


def raw_png(size: tuple[int, int], depth: int, colour: int, rows: bytes) -> bytes:
    """Return a PNG with the given header, whatever the rows hold.

    Args:
        size: Width and height as the header says.
        depth: Bits of a sample.
        colour: PNG colour type: 0 grey, 2 RGB, 4 grey with alpha, 6 RGBA.
        rows: Filter byte and samples of each row.
    """
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# JPEG --------------------------------------------------------------------------------------------


def jpeg_claiming(width: int, height: int) -> bytes:
    """Return a small JPEG whose header claims another size."""
    data = bytearray(encode(noise(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


# TIFF --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TiffFrame:
    """One uncompressed frame of `raw_tiff`."""

    width: int
    height: int
    #: Little-endian samples, row by row.
    samples: bytes
    bits: int = 8
    samples_per_pixel: int = 1
    #: 1 unsigned, 2 signed, 3 float.
    sample_format: int = 1
    #: 1 grey with black 0, 2 RGB; others make it undecodable.
    photometric: int = 1
    #: 1: the last sample is an alpha that the others are multiplied with.
    extra_samples: int | None = None
    #: Where the directory says that the samples lie; None: where they do.
    samples_at: int | None = None


def raw_tiff(frames: Sequence[TiffFrame], *, big: bool = False, next_of_last: int = 0) -> bytes:
    """Return a TIFF or BigTIFF.

    Args:
        frames: In order.
        big: With 64-bit offsets.
        next_of_last: Where the last directory says that the next one lies; 0: nowhere.
    """
    data = b"II" + (struct.pack("<HHHQ", 43, 8, 0, 16) if big else struct.pack("<HI", 42, 8))
    for number, frame in enumerate(frames, 1):
        at = len(data)
        entries = _tiff_entries(frame, _LONG8 if big else _LONG)
        count, offset, entry = ("<Q", "<Q", "<HHQQ") if big else ("<H", "<I", "<HHII")
        length = struct.calcsize(count) + len(entries) * struct.calcsize(entry)
        length += struct.calcsize(offset)
        following = at + length + len(frame.samples)
        samples_at = at + length if frame.samples_at is None else frame.samples_at
        data += struct.pack(count, len(entries))
        for tag, kind, value in entries:
            data += struct.pack(entry, tag, kind, 1, samples_at if tag == STRIP_OFFSETS else value)
        data += struct.pack(offset, following if number < len(frames) else next_of_last)
        data += frame.samples
    return data


#: TIFF tag of the offset of a frame's pixels.
STRIP_OFFSETS = 273

#: TIFF's 32-bit unsigned integer.
_LONG = 4

#: BigTIFF's 64-bit unsigned integer.
_LONG8 = 16


def _tiff_entries(frame: TiffFrame, kind: int) -> list[tuple[int, int, int]]:
    values = {
        256: frame.width,
        257: frame.height,
        258: frame.bits,
        259: 1,  # no compression
        262: frame.photometric,
        STRIP_OFFSETS: 0,
        277: frame.samples_per_pixel,
        278: frame.height,
        279: len(frame.samples),
        339: frame.sample_format,
    }
    if frame.extra_samples is not None:
        values[338] = frame.extra_samples
    return [(tag, kind, value) for tag, value in sorted(values.items())]


def grey_frame(width: int, height: int, value: int = 255) -> TiffFrame:
    """Return a frame of one grey."""
    return TiffFrame(width, height, bytes([value]) * (width * height))


# PDF ---------------------------------------------------------------------------------------------


def raw_pdf(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of the given objects, numbered from 1; the first is the catalogue."""
    data, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table)
        + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    )


@dataclass(frozen=True)
class PdfPage:
    """One page of `pdf`: its dictionary's box and further entries, and what it draws."""

    box: bytes = b"/MediaBox[0 0 100 50]"
    extra: bytes = b""
    #: The default paints the top left quarter of a 100 x 50 page red.
    drawing: bytes = b"1 0 0 rg 0 25 50 25 re f"


def pdf(*pages: PdfPage) -> bytes:
    """Return a PDF of the given pages."""
    kids = b" ".join(b"%d 0 R" % (3 + 2 * index) for index in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, len(pages)),
    ]
    for index, page in enumerate(pages):
        content = b"/Contents %d 0 R" % (4 + 2 * index)
        objects.append(b"<</Type/Page/Parent 2 0 R%b%b%b>>" % (page.box, content, page.extra))
        objects.append(_stream(b"", page.drawing))
    return raw_pdf(objects)


def pdf_with_missing_page() -> bytes:
    """Return a PDF whose second of three pages is not there."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]>>"
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 9 0 R 4 0 R]/Count 3>>",
            page,
            page,
        ]
    )


def pdf_with_widget_seal(*, form: bool = True) -> bytes:
    """Return a signed page, 100 x 50 points, whose red seal is only a signature widget's picture.

    Args:
        form: Whether the document still has the form that the widget belongs to.
    """
    acro_form = b"/AcroForm<</Fields[4 0 R]/SigFlags 3>>" if form else b""
    widget = (
        b"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/F 132/P 3 0 R"
        b"/Rect[0 25 50 50]/AP<</N 5 0 R>>>>"
    )
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R%b>>" % acro_form,
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]/Annots[4 0 R]>>",
            widget,
            _stream(b"/Type/XObject/Subtype/Form/BBox[0 0 50 25]", b"1 0 0 rg 0 0 50 25 re f"),
        ]
    )


@dataclass(frozen=True)
class PdfPicture:
    """The picture of `pdf_of_picture`."""

    data: bytes
    width: int = 64
    height: int = 64
    filter: bytes = b"DCTDecode"


def pdf_of_picture(
    picture: PdfPicture,
    *,
    drawing: bytes = b"q 100 0 0 50 0 0 cm /Im Do Q",
    entries: bytes = b"",
    on_annotation: bool = False,
) -> bytes:
    """Return a page, 100 x 50 points, that a picture fills, as scanners write it.

    Args:
        picture: RGB with 8 bits.
        drawing: The commands that draw it.
        entries: Of the dictionary of the commands.
        on_annotation: A stamp annotation draws it, not the page.
    """
    resources = b"/Resources<</XObject<</Im 5 0 R>>>>"
    stamp = b"/Type/Annot/Subtype/Stamp/F 4/Rect[0 0 100 50]/AP<</N 6 0 R>>"
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 50]%b>>"
            % (b"/Annots[7 0 R]" if on_annotation else b"/Contents 4 0 R" + resources),
            _stream(entries, drawing),
            _stream(
                b"/Type/XObject/Subtype/Image/ColorSpace/DeviceRGB/BitsPerComponent 8"
                b"/Width %d/Height %d/Filter/%b" % (picture.width, picture.height, picture.filter),
                picture.data,
            ),
            _stream(b"/Type/XObject/Subtype/Form/BBox[0 0 100 50]" + resources, drawing),
            b"<<%b>>" % stamp,
        ]
    )


def encrypted_pdf(user_password: str, owner_password: str) -> bytes:
    """Return an encrypted PDF with one page of 100 x 50 points."""
    buffer = io.BytesIO()
    encryption = StandardEncryption(user_password, owner_password, strength=128)
    canvas = Canvas(buffer, pagesize=(100, 50), encrypt=encryption)
    canvas.setFillColorRGB(1, 0, 0)
    canvas.rect(0, 25, 50, 25, stroke=0, fill=1)
    canvas.save()
    return buffer.getvalue()


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(content), content)
