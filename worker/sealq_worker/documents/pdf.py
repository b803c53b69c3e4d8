"""PDF documents, rendered with pdfium."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from sealq_storage.media import MediaType
from sealq_worker.documents.page_image import DocumentLimits, OpenDocument, PageImage, name_page
from sealq_worker.documents.passwords import passwords_in
from sealq_worker.documents.pdf_damage import damage_of_page, pictures_of
from sealq_worker.errors import (
    CorruptDocumentError,
    DocumentError,
    EmptyDocumentError,
    EncryptedDocumentError,
)

#: Points in an inch: the unit of a PDF page's sides.
_POINTS_PER_INCH = 72

log = logging.getLogger(__name__)


class PdfFile(OpenDocument):
    """A PDF. Pages are rendered from the whole file: a page cut out of it can lose its e-seal.

    pdfium does not tell what it could not draw: `pdf_damage` finds what can be found.
    """

    media_type = MediaType.PDF

    def __init__(self, path: Path, name: str, dpi: int, limits: DocumentLimits) -> None:
        self._name = name
        self._dpi = dpi
        self._limits = limits
        self._pdf = _load(path, name, limits.password_file)
        self.page_count = len(self._pdf)
        try:
            self._check_page_count()
        except DocumentError:
            self.close()
            raise

    def page(self, number: int) -> PageImage:
        """Render a page at the document's DPI, turned as its /Rotate says."""
        where = name_page(self._name, number, self.page_count)
        try:
            self._check_size(where, number - 1)
            with closing(self._pdf[number - 1]) as page:
                damage = self._check_content(where, number - 1, page)
                bitmap = page.render(scale=self._dpi / _POINTS_PER_INCH)
        except pdfium.PdfiumError as exc:
            raise CorruptDocumentError(
                f"{where} is damaged: pdfium can't draw it. Save the document anew."
            ) from exc
        return PageImage(bitmap.to_numpy(), float(self._dpi), damage)

    def close(self) -> None:
        """Let go of the file."""
        self._pdf.close()

    def _check_page_count(self) -> None:
        if not self.page_count:
            raise EmptyDocumentError(f"{self._name} has no pages: get a whole copy of it.")
        self._limits.check_pages(self._name, self.page_count)

    def _check_size(self, where: str, index: int) -> None:
        # Rendering it smaller instead would read seals too small to read, and say nothing.
        width, height = (
            math.ceil(side * self._dpi / _POINTS_PER_INCH)
            for side in self._pdf.get_page_size(index)
        )
        self._limits.check_pixels(where, width, height, f"render it below {self._dpi} DPI")

    def _check_content(self, where: str, index: int, page: pdfium.PdfPage) -> str | None:
        """Refuse what is too large or damaged; return what is damaged and read all the same."""
        for picture in pictures_of(page):
            width, height = picture.get_px_size()
            self._limits.check_pixels(f"{where}: a picture on it", width, height, "save it smaller")
        damage = damage_of_page(self._pdf, index, page)
        self._limits.check_damage(where, damage)
        if damage is not None:
            log.warning("%s is damaged and read as far as it goes: %s", where, damage)
        return damage


def _load(path: Path, name: str, password_file: Path | None) -> pdfium.PdfDocument:
    # PdfDocument(path) takes "no pages" for a failure and reports the code of an older one:
    # pdfium's last error says something only where loading failed.
    code = raw.FPDF_ERR_SUCCESS
    for password in _keys(name, password_file):
        handle = raw.FPDF_LoadDocument(os.fsencode(path), password)
        if handle:
            pdf = pdfium.PdfDocument(handle)
            _start_forms(pdf)
            return pdf
        code = raw.FPDF_GetLastError()
        if code != raw.FPDF_ERR_PASSWORD:
            break
    raise _load_error(name, code, password_file)


def _keys(name: str, password_file: Path | None) -> Iterator[bytes | None]:
    """Yield no password, then each that is known; the file is read only where one is asked for."""
    yield None
    if password_file is None:
        return
    try:
        yield from passwords_in(password_file)
    except OSError as exc:
        raise EncryptedDocumentError(
            f"{name} asks for a password, and the worker can't read SEALQ_PASSWORD_FILE: "
            f"{exc.strerror}. Give its user read access, then retry."
        ) from exc


def _load_error(name: str, code: int, password_file: Path | None) -> DocumentError:
    if code not in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
        return CorruptDocumentError(
            f"{name} is no whole PDF (pdfium error {code}): get a whole copy of it, "
            "or save it anew."
        )
    if password_file is None:
        remedy = "or put it into a file that the workers read (SEALQ_PASSWORD_FILE)"
    else:
        remedy = "or add it to SEALQ_PASSWORD_FILE: none of those there opens it"
    return EncryptedDocumentError(f"{name} asks for a password: save it without one, {remedy}.")


def _start_forms(pdf: pdfium.PdfDocument) -> None:
    """Make pdfium draw form widgets, where e-seals live; before any page is loaded.

    `init_forms()` does so only where the document still has its form; the pages of a split document
    often keep the widget and lose the form.
    """
    config = raw.FPDF_FORMFILLINFO(version=2)
    pdf.formenv = pdfium.PdfFormEnv(raw.FPDFDOC_InitFormFillEnvironment(pdf, config), config)
