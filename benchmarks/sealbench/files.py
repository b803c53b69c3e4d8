"""Pages as files."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from sealbench.pages import BenchPage
from sealbench.pdf import Pdf, picture_page
from sealbench.sheet import Sheet
from sealbench.vector import vector_page

#: Brightness that parts black from white.
_MIDDLE = 127
#: Quality of a JPEG file whose page went through no JPEG before.
_GOOD = 95


def write_image(path: Path, pages: Sequence[BenchPage]) -> None:
    """Write pages as one JPEG, PNG or TIFF, by the path's ending; only a TIFF takes several.

    A fax becomes bilevel in a TIFF, a grey scan grey, as their devices write them.
    """
    images = [_picture(page) for page in pages]
    dpi = (pages[0].truth.dpi,) * 2
    if path.suffix == ".jpg":
        path.write_bytes(_jpeg(pages[0]))
    elif path.suffix == ".tif":
        bilevel = all(image.mode == "1" for image in images)
        packing = "group4" if bilevel else "tiff_lzw"
        images[0].save(path, save_all=True, append_images=images[1:], compression=packing, dpi=dpi)
    else:
        images[0].save(path, dpi=dpi)


def write_scanned_pdf(pages: Sequence[BenchPage]) -> bytes:
    """Return a PDF of image pages."""
    pdf = Pdf()
    for page in pages:
        size = (page.truth.width, page.truth.height)
        picture_page(pdf, _jpeg(page), size, page.truth.dpi)
    return pdf.saved()


def write_vector_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return a PDF of pages drawn by paths, seals on the page."""
    return _vector_pdf(sheets, signed=False)


def write_eseal(sheets: Sequence[Sheet]) -> bytes:
    """Return a PDF of pages drawn by paths, seals only in signature fields' appearances."""
    return _vector_pdf(sheets, signed=True)


def _vector_pdf(sheets: Sequence[Sheet], *, signed: bool) -> bytes:
    pdf = Pdf()
    for sheet in sheets:
        vector_page(pdf, sheet, signed=signed)
    return pdf.saved()


def _picture(page: BenchPage) -> Image.Image:
    image = Image.fromarray(page.image[..., ::-1])
    if page.truth.capture in {"grey", "fax"}:
        image = image.convert("L")
    if page.truth.capture == "fax" and page.truth.jpeg is None:
        image = image.point(lambda level: 255 * (level > _MIDDLE), mode="1")
    return image


def _jpeg(page: BenchPage) -> bytes:
    data = BytesIO()
    image = Image.fromarray(page.image[..., ::-1])
    dpi = (page.truth.dpi,) * 2
    image.save(data, "JPEG", quality=page.truth.jpeg or _GOOD, dpi=dpi)
    return data.getvalue()
