"""What pdfium draws in silence as white, grey or black: pictures and drawings that were cut."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice

import pypdfium2 as pdfium
from pypdfium2 import raw

from sealq_worker.documents.flate import inflate
from sealq_worker.documents.pdf_blank import damage_of_blank

#: Pictures of a page that are looked into: a page of tiles has thousands, mostly one and the same.
_EXAMINED_AT_MOST = 64

#: Bytes that a pixel takes at most: four colours of 16 bits.
_LARGEST_PIXEL_BYTES = 8

#: How pictures are coded (ISO 32000-2, table 6, with the short names of those within commands).
_FILTERS = frozenset(
    {"ASCIIHexDecode", "ASCII85Decode", "LZWDecode", "FlateDecode", "RunLengthDecode", "Crypt"}
    | {"CCITTFaxDecode", "JBIG2Decode", "DCTDecode", "JPXDecode"}
    | {"AHx", "A85", "LZW", "Fl", "RL", "CCF", "DCT"}
)

_JPEG_END = b"\xff\xd9"
_JPEG_SCAN = b"\xff\xda"

_PICTURE = [raw.FPDF_PAGEOBJ_IMAGE]


def damage_of_page(pdf: pdfium.PdfDocument, index: int, page: pdfium.PdfPage) -> str | None:
    """Say what of a page can't be drawn, as far as can be told; None: nothing.

    Args:
        pdf: The document.
        index: Of the page, from 0.
        page: The page.

    Raises:
        PdfiumError: pdfium can't look into it.
    """
    pictures = islice(pictures_of(page), _EXAMINED_AT_MOST)
    found = next(filter(None, map(_damage_of_picture, pictures)), None)
    if found is None and not any(page.get_objects(max_depth=1)):
        found = damage_of_blank(pdf, index)
    return found


def pictures_of(page: pdfium.PdfPage) -> Iterator[pdfium.PdfImage]:
    """Yield the pictures on a page and in its annotations, where e-seals live.

    Those behind masks, patterns and fonts can't be had.
    """
    yield from page.get_objects(filter=_PICTURE)
    for number in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        try:
            yield from _pictures_of_annotation(annotation, page)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _pictures_of_annotation(annotation: object, page: pdfium.PdfPage) -> Iterator[pdfium.PdfImage]:
    for number in range(raw.FPDFAnnot_GetObjectCount(annotation)):
        handle = raw.FPDFAnnot_GetObject(annotation, number)
        if not handle:
            continue
        item = pdfium.PdfObject(handle, page=page)
        if item.type in _PICTURE:
            yield item
        elif item.type == raw.FPDF_PAGEOBJ_FORM:
            yield from page.get_objects(filter=_PICTURE, form=item, level=1)


def _damage_of_picture(picture: pdfium.PdfImage) -> str | None:
    width, height = picture.get_px_size()
    filters = _filters(picture)
    if not _FILTERS.issuperset(filters):
        return f"a picture on it, {width} x {height} pixels, is coded in an unknown way"
    whole = True
    if filters == ["DCTDecode"]:
        whole = _is_whole_jpeg(bytes(picture.get_data()))
    elif filters == ["FlateDecode"]:
        whole = _inflates(bytes(picture.get_data()), width * height * _LARGEST_PIXEL_BYTES)
    return None if whole else f"a picture on it, {width} x {height} pixels, is cut short"


def _filters(picture: pdfium.PdfImage) -> list[str]:
    try:
        return list(picture.get_filters())
    except UnicodeDecodeError as exc:
        return [ascii(exc.object)]


def _is_whole_jpeg(data: bytes) -> bool:
    return 0 <= data.rfind(_JPEG_SCAN) < data.rfind(_JPEG_END)


def _inflates(data: bytes, at_most: int) -> bool:
    try:
        for _ in inflate(data, at_most):
            pass
    except zlib.error:
        return False
    return True
