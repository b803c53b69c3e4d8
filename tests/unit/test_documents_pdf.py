"""PDF pages become pictures: what is drawn, how it is turned, and what fails alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odd_files import (
    PdfPage,
    encrypted_pdf,
    pdf,
    pdf_with_missing_page,
    pdf_with_widget_seal,
    raw_pdf,
)

from sealq_storage.media import MediaType
from sealq_worker.documents import DocumentLimits, OpenDocument, open_document
from sealq_worker.errors import (
    CorruptDocumentError,
    EmptyDocumentError,
    EncryptedDocumentError,
    TooManyPixelsError,
)

LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=100, max_page_pixels=1_000_000)

RED = [0, 0, 255]
WHITE = [255, 255, 255]


def opened(folder: Path, data: bytes, dpi: int = 72) -> OpenDocument:
    path = folder / "a.pdf"
    path.write_bytes(data)
    return open_document(path, dpi=dpi, limits=LIMITS)


def quarters(image: NDArray[np.uint8]) -> list[list[int]]:
    """The colours in the middle of the quarters: top left, top right, bottom left, bottom right."""
    height, width = image.shape[:2]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return [image[row, column].tolist() for row in rows for column in columns]


def test_a_page_is_contiguous_bgr_with_its_origin_at_the_top_left(tmp_path: Path) -> None:
    with opened(tmp_path, pdf(PdfPage())) as document:
        page = document.page(1)
    assert document.media_type is MediaType.PDF
    assert page.image.dtype == np.uint8
    assert page.image.flags.c_contiguous
    assert quarters(page.image) == [RED, WHITE, WHITE, WHITE]


@pytest.mark.parametrize(("dpi", "shape"), [(72, (50, 100, 3)), (144, (100, 200, 3))])
def test_a_page_has_its_size_in_inches_times_the_dpi(
    tmp_path: Path, dpi: int, shape: tuple[int, int, int]
) -> None:
    with opened(tmp_path, pdf(PdfPage()), dpi) as document:
        page = document.page(1)
    assert page.image.shape == shape
    assert page.dpi == dpi


@pytest.mark.parametrize(
    ("degrees", "red_quarter"),
    # clockwise, so the top left goes to the top right first
    [(0, 0), (90, 1), (180, 3), (270, 2)],
)
def test_a_page_is_turned_as_it_says(tmp_path: Path, degrees: int, red_quarter: int) -> None:
    with opened(tmp_path, pdf(PdfPage(extra=b"/Rotate %d" % degrees))) as document:
        image = document.page(1).image
    assert image.shape[:2] == ((50, 100) if degrees % 180 == 0 else (100, 50))
    assert quarters(image).index(RED) == red_quarter


@pytest.mark.parametrize("form", [True, False], ids=["whole", "split off, the form lost"])
def test_a_seal_that_lives_in_a_signature_widget_is_drawn(tmp_path: Path, *, form: bool) -> None:
    with opened(tmp_path, pdf_with_widget_seal(form=form)) as document:
        assert quarters(document.page(1).image) == [RED, WHITE, WHITE, WHITE]


def test_a_page_that_can_not_be_loaded_fails_alone(tmp_path: Path) -> None:
    with opened(tmp_path, pdf_with_missing_page()) as document:
        assert document.page_count == 3
        with pytest.raises(CorruptDocumentError, match=r"a\.pdf, page 2"):
            document.page(2)
        for number in (1, 3):
            assert document.page(number).image.shape == (50, 100, 3)


@pytest.mark.parametrize("drawing", [b"", b"1 0 0 rg ((( >> 7 re \xff"], ids=["blank", "broken"])
def test_a_page_that_draws_nothing_is_white(tmp_path: Path, drawing: bytes) -> None:
    with opened(tmp_path, pdf(PdfPage(drawing=drawing))) as document:
        assert (document.page(1).image == 255).all()


@pytest.mark.parametrize(
    ("side", "size"),
    [(14_400, "14400 x 14400"), (200_000, "200000 x 200000")],
)
def test_a_page_with_too_many_pixels_is_refused_and_leaves_the_others(
    tmp_path: Path, side: int, size: str
) -> None:
    huge = PdfPage(box=b"/MediaBox[0 0 %d %d]" % (side, side))
    with opened(tmp_path, pdf(huge, PdfPage())) as document:
        with pytest.raises(TooManyPixelsError, match=f"page 1 has {size} pixels.*below 72 DPI"):
            document.page(1)
        assert document.page(2).image.shape == (50, 100, 3)


def test_a_page_of_just_the_allowed_pixels_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(PdfPage(box=b"/MediaBox[0 0 99.1 49.1]")))  # a begun pixel is drawn
    with open_document(path, dpi=72, limits=replace(LIMITS, max_page_pixels=5000)) as document:
        assert document.page(1).image.size == 3 * 5000
    with (
        open_document(path, dpi=72, limits=replace(LIMITS, max_page_pixels=4999)) as document,
        pytest.raises(TooManyPixelsError),
    ):
        document.page(1)


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        (b"", (792, 612, 3)),  # US letter, as every viewer takes it
        (b"/MediaBox[0 0 0 0]", (792, 612, 3)),
        (b"/MediaBox[0 0 .2 .2]", (1, 1, 3)),
    ],
)
def test_a_page_without_a_usable_size_still_becomes_a_picture(
    tmp_path: Path, box: bytes, shape: tuple[int, int, int]
) -> None:
    with opened(tmp_path, pdf(PdfPage(box=box))) as document:
        assert document.page(1).image.shape == shape


def test_a_document_that_asks_for_a_password_is_encrypted(tmp_path: Path) -> None:
    with pytest.raises(EncryptedDocumentError, match=r"a\.pdf asks for a password"):
        opened(tmp_path, encrypted_pdf("secret", "owner"))


def test_a_document_that_only_restricts_its_use_is_read(tmp_path: Path) -> None:
    with opened(tmp_path, encrypted_pdf("", "owner")) as document:
        assert quarters(document.page(1).image) == [RED, WHITE, WHITE, WHITE]


def test_no_pages_is_told_from_the_failure_of_the_document_before(tmp_path: Path) -> None:
    """The library remembers the last failure; a document without pages is none for it."""
    with pytest.raises(EncryptedDocumentError):
        opened(tmp_path, encrypted_pdf("secret", "owner"))
    no_pages = raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"])
    with pytest.raises(EmptyDocumentError, match=r"a\.pdf has no pages"):
        opened(tmp_path, no_pages)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_document_cut_short_does_not_open(tmp_path: Path, share: float) -> None:
    data = pdf(PdfPage(), PdfPage(), PdfPage())
    with pytest.raises(CorruptDocumentError, match="whole copy"):
        opened(tmp_path, data[: int(len(data) * share)])


sides = st.integers(min_value=1, max_value=300)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.tuples(sides, sides), min_size=1, max_size=5))
def test_page_counts_and_sizes_survive(tmp_path: Path, sizes: list[tuple[int, int]]) -> None:
    boxes = [PdfPage(box=b"/MediaBox[0 0 %d %d]" % size) for size in sizes]
    with opened(tmp_path, pdf(*boxes)) as document:
        shapes = [document.page(number + 1).image.shape for number in range(document.page_count)]
    assert shapes == [(height, width, 3) for width, height in sizes]
