"""Whatever a picture is made of, it becomes 8-bit BGR on white paper."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from odd_files import BLUE, RED, TiffFrame, corner_mark, encode, raw_png, raw_tiff
from PIL import Image

from sealq_worker.documents import DocumentLimits, PageImage, open_document

LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=100, max_page_pixels=1_000_000)

BGR_RED = [0, 0, 255]
BLACK = [0, 0, 0]
WHITE = [255, 255, 255]


def page_of(folder: Path, data: bytes) -> PageImage:
    path = folder / "a"
    path.write_bytes(data)
    with open_document(path, dpi=72, limits=LIMITS) as document:
        return document.page(1)


def first_row(folder: Path, data: bytes) -> list[list[int]]:
    row: list[list[int]] = page_of(folder, data).image[0].tolist()
    return row


def greys(folder: Path, data: bytes) -> list[int]:
    """The first row of a picture without colour."""
    image = page_of(folder, data).image
    assert (image == image[..., :1]).all()
    row: list[int] = image[0, :, 0].tolist()
    return row


def near(image: NDArray[np.uint8], row: int, column: int, colour: list[int]) -> bool:
    """Say whether a pixel has a colour, but for what lossy coding does to it."""
    return bool(np.abs(image[row, column].astype(int) - colour).max() < 12)


@pytest.mark.parametrize(
    ("form", "mode", "mark"),
    [
        ("PNG", "RGB", BGR_RED),
        ("PNG", "P", BGR_RED),
        ("PNG", "1", BLACK),
        ("BMP", "RGB", BGR_RED),
        ("WEBP", "RGB", BGR_RED),
        ("GIF", "P", BGR_RED),
        ("JPEG", "RGB", BGR_RED),
        ("JPEG", "CMYK", BGR_RED),  # inverted, as Adobe writes it
        ("TIFF", "CMYK", BGR_RED),
        ("TIFF", "YCbCr", BGR_RED),
        ("TIFF", "P", BGR_RED),
        ("TIFF", "LAB", BGR_RED),
    ],
)
def test_every_mode_becomes_contiguous_bgr(
    tmp_path: Path, form: str, mode: str, mark: list[int]
) -> None:
    picture = (
        corner_mark("L").point(lambda grey: grey > 128 and 255) if mode == "1" else corner_mark()
    )
    options = {"lossless": True} if form == "WEBP" else {}
    image = page_of(tmp_path, encode(picture.convert(mode), form, **options)).image
    assert image.shape == (20, 40, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert near(image, 5, 10, mark)
    assert near(image, 15, 30, WHITE)


def test_a_fax_is_read(tmp_path: Path) -> None:
    fax = Image.new("1", (16, 2), 1)
    fax.putpixel((3, 0), 0)
    row = greys(tmp_path, encode(fax, "TIFF", compression="group4"))
    assert row == [255] * 3 + [0] + [255] * 12


def transparent_black(mode: str) -> Image.Image:
    """Return red beside what is black below a full transparency."""
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((0, 0), (*RED, 255))
    return picture.convert(mode)


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGBA"), ("WEBP", "RGBA"), ("TIFF", "RGBA"), ("PNG", "LA")]
)
def test_what_is_transparent_is_white_paper(tmp_path: Path, form: str, mode: str) -> None:
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    mark, paper = first_row(tmp_path, encode(transparent_black(mode), form, **options))
    assert mark == (BGR_RED if mode == "RGBA" else [76] * 3)  # 76: the luma of red
    assert paper == WHITE


def test_half_transparent_ink_is_half_as_strong(tmp_path: Path) -> None:
    (pixel,) = first_row(tmp_path, encode(Image.new("RGBA", (1, 1), (*RED, 128)), "PNG"))
    assert pixel == [127, 127, 255]


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_white_paper(tmp_path: Path, form: str) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([*BLUE, *RED])
    picture.putpixel((1, 0), 1)
    row = first_row(tmp_path, encode(picture, form, transparency=0))
    assert row == [WHITE, BGR_RED]


def test_grey_with_premultiplied_transparency_is_laid_on_white(tmp_path: Path) -> None:
    samples = bytes([0, 255, 0, 0])  # opaque black, nothing
    frame = TiffFrame(2, 1, samples, samples_per_pixel=2, extra_samples=1)
    assert greys(tmp_path, raw_tiff([frame])) == [0, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0, 0x8000, 0xFFFF), [0, 128, 255]),  # 16 bits
        ((0, 0x800, 0xFFF), [0, 128, 255]),  # 12 bits in 16
        ((0, 128, 255), [0, 128, 255]),  # 8 bits in 16
    ],
)
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_grey_of_more_than_8_bits_loses_its_lowest_bits(
    tmp_path: Path, form: str, values: tuple[int, ...], expected: list[int]
) -> None:
    if form == "PNG":
        data = raw_png((3, 1), 16, 0, b"\x00" + struct.pack(">3H", *values))
    else:
        data = raw_tiff([TiffFrame(3, 1, struct.pack("<3H", *values), bits=16)])
    assert greys(tmp_path, data) == expected


def test_grey_beyond_16_bits_is_stretched_over_its_range(tmp_path: Path) -> None:
    samples = struct.pack("<3i", -100_000, 0, 100_000)
    data = raw_tiff([TiffFrame(3, 1, samples, bits=32, sample_format=2)])
    assert greys(tmp_path, data) == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.0, 0.5, 1.0), [0, 128, 255]),  # shares
        ((0.0, 100.0, 200.0), [0, 100, 200]),  # bytes
        ((-1.0, 0.0, 1.0), [0, 128, 255]),  # anything else: its own range
        ((0.0, 1000.0, 2000.0), [0, 128, 255]),
        ((float("nan"), float("inf"), 1.0), [0, 0, 255]),  # no numbers are black
        ((-5.0, -5.0, -5.0), [0, 0, 0]),
    ],
)
def test_floats_are_scaled_to_8_bits(
    tmp_path: Path, values: tuple[float, ...], expected: list[int]
) -> None:
    frame = TiffFrame(3, 1, struct.pack("<3f", *values), bits=32, sample_format=3)
    assert greys(tmp_path, raw_tiff([frame])) == expected


def test_16_bit_colour_loses_its_lowest_bits(tmp_path: Path) -> None:
    samples = (0xFFFF, 0x8000, 0)
    png = raw_png((1, 1), 16, 2, b"\x00" + struct.pack(">3H", *samples))
    frame = TiffFrame(
        1, 1, struct.pack("<3H", *samples), bits=16, samples_per_pixel=3, photometric=2
    )
    for data in (png, raw_tiff([frame])):
        assert first_row(tmp_path, data) == [[0, 128, 255]]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "corner"),
    # which corner the stored top left is to be shown in, as the EXIF standard numbers them
    [
        (1, "top left"),
        (2, "top right"),
        (3, "bottom right"),
        (4, "bottom left"),
        (5, "top left"),
        (6, "top right"),
        (7, "bottom right"),
        (8, "bottom left"),
    ],
)
def test_the_exif_orientation_is_applied_once(
    tmp_path: Path, form: str, orientation: int, corner: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = page_of(tmp_path, encode(corner_mark(), form, exif=exif)).image
    turned = orientation >= 5  # sides change places
    assert image.shape[:2] == ((40, 20) if turned else (20, 40))
    height, width = image.shape[:2]
    row = height // 4 if corner.startswith("top") else 3 * height // 4
    column = width // 4 if corner.endswith("left") else 3 * width // 4
    image = image.copy()
    assert near(image, row, column, BGR_RED)
    assert near(image, height - row, width - column, WHITE)


def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    cut_exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x05\x00\x12\x01\x03"
    image = page_of(tmp_path, encode(corner_mark(), "JPEG", exif=cut_exif)).image
    assert image.shape == (20, 40, 3)


@pytest.mark.parametrize(
    ("form", "options", "expected"),
    [
        ("JPEG", {"dpi": (300, 300)}, 300),
        ("PNG", {"dpi": (300, 300)}, 300),  # kept per metre, hence the tolerance
        ("TIFF", {"dpi": (300, 300)}, 300),
        ("TIFF", {"resolution_unit": "cm", "x_resolution": 100, "y_resolution": 100}, 254),
        ("PNG", {}, None),
        ("TIFF", {}, None),  # Pillow makes it 1
        ("JPEG", {"exif": b"Exif\x00\x00"}, None),  # Pillow makes it 72
        ("TIFF", {"dpi": (204, 98)}, None),  # a fax: no one figure
    ],
)
def test_the_resolution_is_what_the_picture_states(
    tmp_path: Path, form: str, options: dict[str, object], expected: float | None
) -> None:
    dpi = page_of(tmp_path, encode(corner_mark(), form, **options)).dpi
    assert dpi == (expected and pytest.approx(expected, abs=0.1))
