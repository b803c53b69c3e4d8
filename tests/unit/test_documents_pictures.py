"""Picture files: which frames are pages, and what fails a page, what the document."""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_files import (
    BLUE,
    RED,
    PdfPage,
    TiffFrame,
    corner_mark,
    encode,
    grey_frame,
    jpeg_claiming,
    noise,
    pdf,
    raw_png,
    raw_tiff,
)
from PIL import Image

from sealq_storage.media import MediaType
from sealq_worker.documents import DocumentLimits, OpenDocument, PageImage, open_document
from sealq_worker.documents.tiff_frames import count_frames
from sealq_worker.errors import CorruptDocumentError, DocumentError, TooManyPixelsError

LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=100, max_page_pixels=1_000_000)

#: Limits at which Pillow's own warnings and refusals come first.
WIDE_LIMITS = replace(LIMITS, max_page_pixels=10**12)

BGR_RED = [0, 0, 255]
FRAMES = [Image.new("RGB", (8, 4), RED), Image.new("RGB", (8, 4), BLUE)]


def opened(folder: Path, data: bytes, limits: DocumentLimits = LIMITS) -> OpenDocument:
    path = folder / "a.scan"
    path.write_bytes(data)
    return open_document(path, dpi=72, limits=limits)


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP"])
def test_of_an_animation_the_first_frame_is_the_page(tmp_path: Path, form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    data = encode(FRAMES[0], form, save_all=True, append_images=FRAMES[1:], **options)
    with opened(tmp_path, data) as document:
        assert document.page_count == 1
        assert document.page(1).image[0, 0].tolist() == BGR_RED


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_every_frame_of_a_tiff_is_a_page_in_any_order(tmp_path: Path, *, big: bool) -> None:
    data = raw_tiff([grey_frame(3, 2, 10), grey_frame(5, 4, 20), grey_frame(1, 1, 30)], big=big)
    with opened(tmp_path, data) as document:
        assert document.media_type is MediaType.TIFF
        assert document.page_count == 3
        pages = {number: document.page(number).image for number in (3, 1, 2, 1)}
    assert [pages[number].shape[:2] for number in (1, 2, 3)] == [(2, 3), (4, 5), (1, 1)]
    assert [int(pages[number][0, 0, 0]) for number in (1, 2, 3)] == [10, 20, 30]


def test_a_compressed_tiff_gives_all_its_frames(tmp_path: Path) -> None:
    data = encode(
        FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:], compression="tiff_lzw"
    )
    with opened(tmp_path, data) as document:
        colours = [document.page(number).image[0, 0].tolist() for number in (1, 2)]
    assert colours == [BGR_RED, [255, 0, 0]]


@pytest.mark.parametrize(
    "broken",
    [
        TiffFrame(1000, 1000, b""),  # its pixels lie beyond the end of the file
        TiffFrame(3, 2, bytes(6), samples_at=2**63 - 1),  # where no file reaches
        TiffFrame(3, 2, bytes(6), photometric=99),
        TiffFrame(0, 0, b""),
    ],
    ids=["pixels missing", "pixels nowhere", "unknown colours", "no size"],
)
@pytest.mark.parametrize("position", [2, 3])
def test_a_broken_frame_fails_its_page_alone_and_every_time(
    tmp_path: Path, broken: TiffFrame, position: int
) -> None:
    frames = [grey_frame(3, 2), grey_frame(3, 2)]
    frames.insert(position - 1, broken)
    with opened(tmp_path, raw_tiff(frames, big=True)) as document:
        assert document.page_count == 3
        for _ in range(2):
            with pytest.raises(CorruptDocumentError, match=rf"a\.scan, page {position} is damaged"):
                document.page(position)
        for number in {1, 2, 3} - {position}:
            assert document.page(number).image.shape == (2, 3, 3)


TWO_PAGES = raw_tiff([grey_frame(3, 2), grey_frame(3, 2)])


@pytest.mark.parametrize(
    "data",
    [
        TWO_PAGES[:-20],
        raw_tiff([grey_frame(3, 2)], next_of_last=10_000),
        raw_tiff([grey_frame(3, 2)], big=True, next_of_last=2**63 - 1),  # beyond any file
    ],
    ids=["cut", "next page missing", "next page nowhere"],
)
def test_a_tiff_whose_list_of_pages_is_cut_fails_whole(tmp_path: Path, data: bytes) -> None:
    """The number of its pages is not known: to read some would leave others out in silence."""
    with pytest.raises(CorruptDocumentError, match="ends within its list of pages"):
        opened(tmp_path, data)


def test_no_more_pages_are_counted_than_settle_the_matter() -> None:
    """A crafted file can link a hundred million frames."""
    file = BytesIO(raw_tiff([grey_frame(1, 1)] * 9))
    assert count_frames(file, at_most=3) == 4
    assert count_frames(file, at_most=9) == 9


def test_a_list_of_pages_that_runs_in_a_circle_ends_where_it_began(tmp_path: Path) -> None:
    data = raw_tiff([grey_frame(3, 2), grey_frame(3, 2)], next_of_last=8)
    with opened(tmp_path, data) as document:
        assert document.page_count == 2


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("BMP", {}),
        ("GIF", {}),
        ("TIFF", {}),  # Pillow writes the directory before the pixels
    ],
)
@pytest.mark.parametrize("share", [0.6, 0.95])
def test_a_picture_cut_short_is_an_error_and_never_a_grey_page(
    tmp_path: Path, form: str, options: dict[str, bool], share: float
) -> None:
    data = encode(noise(), form, **options)
    with (
        opened(tmp_path, data[: int(len(data) * share)]) as document,
        pytest.raises(CorruptDocumentError, match=r"a\.scan is damaged"),
    ):
        document.page(1)


def test_png_pixels_that_do_not_match_their_checksum_are_an_error(tmp_path: Path) -> None:
    rows = b"\x00" + bytes(64)
    stored = zlib.compress(rows, level=0)
    data = raw_png((64, 1), 8, 0, rows)
    data = data.replace(zlib.compress(rows), stored[:10] + b"\x07" + stored[11:])
    with opened(tmp_path, data) as document, pytest.raises(CorruptDocumentError):
        document.page(1)


def test_pixels_without_a_picture_header_fail(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError):
        opened(tmp_path, raw_png((0, 0), 8, 0, b""))


@pytest.mark.parametrize(
    "data",
    [
        raw_png((40_000, 40_000), 1, 0, b""),
        raw_png((50_000, 50_000), 8, 6, b""),
        jpeg_claiming(65_000, 65_000),
        raw_tiff([TiffFrame(40_000, 40_000, b"")]),
    ],
    ids=["png", "rgba png", "jpeg", "tiff"],
)
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, data: bytes) -> None:
    with (
        opened(tmp_path, data) as document,
        pytest.raises(TooManyPixelsError, match=r"0000? x .*SEALQ_MAX_PAGE_PIXELS"),
    ):
        document.page(1)


def test_a_huge_first_frame_does_not_cost_the_second(tmp_path: Path) -> None:
    data = raw_tiff([TiffFrame(40_000, 40_000, b""), grey_frame(3, 2)])
    with opened(tmp_path, data) as document:
        with pytest.raises(TooManyPixelsError, match="page 1 has 40000 x 40000"):
            document.page(1)
        assert document.page(2).image.shape == (2, 3, 3)


def test_pillows_own_limit_is_told_as_too_many_pixels(tmp_path: Path) -> None:
    data = raw_tiff([TiffFrame(40_000, 40_000, b"")])
    with (
        opened(tmp_path, data, WIDE_LIMITS) as document,
        pytest.raises(TooManyPixelsError, match=r"a\.scan.*1600000000 pixels"),
    ):
        document.page(1)


def test_pillows_warning_below_its_limit_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8)
    with opened(tmp_path, raw_tiff([grey_frame(4, 4)])) as document:
        assert document.page(1).image.shape == (4, 4, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (20_000, 50)])
def test_extreme_shapes_are_taken_while_their_pixels_are_few(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    with opened(tmp_path, encode(Image.new("L", size, 255), "PNG")) as document:
        assert document.page(1).image.shape == (size[1], size[0], 3)


sides = st.integers(min_value=1, max_value=60)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.tuples(sides, sides), min_size=1, max_size=8), big=st.booleans())
def test_page_counts_and_sizes_survive(
    tmp_path: Path, sizes: list[tuple[int, int]], *, big: bool
) -> None:
    data = raw_tiff([grey_frame(*size) for size in sizes], big=big)
    with opened(tmp_path, data) as document:
        shapes = [document.page(number + 1).image.shape for number in range(document.page_count)]
    assert shapes == [(height, width, 3) for width, height in sizes]


WHOLE = [
    encode(corner_mark(), "PNG"),
    encode(corner_mark(), "JPEG"),
    encode(corner_mark(), "GIF"),
    encode(corner_mark(), "BMP"),
    encode(corner_mark(), "WEBP"),
    encode(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:], compression="tiff_lzw"),
    raw_tiff([grey_frame(3, 2), grey_frame(3, 2)], big=True),
    pdf(PdfPage(), PdfPage()),
]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.sampled_from(WHOLE),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4),
    share=st.floats(0, 1),
)
def test_a_damaged_document_ends_in_pages_or_in_named_errors(
    tmp_path: Path, data: bytes, flips: list[tuple[float, int]], share: float
) -> None:
    damaged = bytearray(data)
    for position, bits in flips:
        damaged[int(position * len(data))] ^= bits
    with (
        suppress(DocumentError),
        opened(tmp_path, bytes(damaged[: int(share * len(data))])) as document,
    ):
        for number in range(1, document.page_count + 1):
            with suppress(DocumentError):
                check_page(document.page(number))


def check_page(page: PageImage) -> None:
    assert page.image.dtype == np.uint8
    assert page.image.flags.c_contiguous
    assert page.image.ndim == 3
    assert page.image.shape[2] == 3
