"""Pages of which a part is missing fail, or are read as far as they go where that is wanted."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from corpus import CORPUS, PNG
from odd_files import PdfPage, PdfPicture, encode, noise, pdf, pdf_of_picture
from PIL import ImageFile

from sealq_worker.documents import DocumentLimits, PageImage, open_document
from sealq_worker.documents.flate import inflate
from sealq_worker.errors import CorruptDocumentError

LIMITS = DocumentLimits(max_bytes=1 << 24, max_pages=100, max_page_pixels=1_000_000)
JPEG = encode(noise(), "JPEG")


def read(folder: Path, data: bytes, *, damaged: bool) -> PageImage:
    path = folder / "a.scan"
    path.write_bytes(data)
    limits = replace(LIMITS, read_damaged=damaged)
    with open_document(path, dpi=72, limits=limits) as document:
        return document.page(1)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cut.jpg", "image file is truncated"),
        ("cut.png", "image file is truncated"),
        ("cut-scan.pdf", "a picture on it, 64 x 64 pixels, is cut short"),
        ("cut-stamp.pdf", "a picture on it, 64 x 64 pixels, is cut short"),
        ("garbage-scan.pdf", "a picture on it, 64 x 64 pixels, is cut short"),
        ("cut-pixels.pdf", "a picture on it, 64 x 64 pixels, is cut short"),
        ("lost-scan.pdf", "what it draws is not in the file"),
        ("cut-commands.pdf", "its drawing is cut short"),
        ("flipped-commands.pdf", "its drawing is cut short"),
    ],
)
def test_a_damaged_page_fails_with_the_remedy_or_is_read_with_a_mark(
    tmp_path: Path, name: str, reason: str
) -> None:
    data = CORPUS[name].data
    with pytest.raises(CorruptDocumentError, match=rf"{reason}.*SEALQ_READ_DAMAGED=true"):
        read(tmp_path, data, damaged=False)
    page = read(tmp_path, data, damaged=True)
    assert page.damage is not None
    assert page.image.shape[2] == 3


def test_what_is_there_of_a_cut_picture_is_read(tmp_path: Path) -> None:
    whole = read(tmp_path, JPEG, damaged=True)
    part = read(tmp_path, JPEG[: len(JPEG) // 2], damaged=True)
    assert (whole.damage, part.damage) == (None, "it is cut short")
    assert (part.image[:16] == whole.image[:16]).all()
    assert not np.array_equal(part.image[-16:], whole.image[-16:])


def test_the_next_picture_is_not_read_damaged_by_accident(tmp_path: Path) -> None:
    """Pillow has one switch for the whole process."""
    read(tmp_path, JPEG[: len(JPEG) // 2], damaged=True)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    with pytest.raises(CorruptDocumentError):
        read(tmp_path, JPEG[: len(JPEG) // 2], damaged=False)


def test_what_can_t_be_decoded_at_all_fails_in_any_case(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError):
        read(tmp_path, PNG[:20], damaged=True)


@pytest.mark.parametrize(
    "data",
    [
        pdf(PdfPage(drawing=b"")),
        pdf(PdfPage(drawing=b"q Q BT ET /Do 1 Tf")),
        pdf_of_picture(
            PdfPicture(JPEG), drawing=zlib.compress(b"q Q"), entries=b"/Filter/FlateDecode"
        ),
    ],
    ids=["no commands", "commands that draw nothing", "compressed ones"],
)
def test_a_page_that_is_blank_by_intent_is_read(tmp_path: Path, data: bytes) -> None:
    page = read(tmp_path, data, damaged=False)
    assert (page.image == 255).all()


@pytest.mark.parametrize(
    "picture",
    [
        PdfPicture(JPEG + b"\r\n\0\0"),  # padded, as some scanners do
        PdfPicture(zlib.compress(noise().tobytes())[:-4], filter=b"FlateDecode"),  # no checksum
        PdfPicture(zlib.compress(bytes(64 * 64 * 9)), filter=b"FlateDecode"),  # more than needed
    ],
    ids=["padded", "no checksum", "more than needed"],
)
def test_a_sloppily_written_picture_is_no_damaged_one(tmp_path: Path, picture: PdfPicture) -> None:
    assert read(tmp_path, pdf_of_picture(picture), damaged=False).damage is None


class TestInflate:
    CONTENT = b"seal " * (1 << 20)

    def test_it_gives_the_content_in_blocks(self) -> None:
        blocks = list(inflate(zlib.compress(self.CONTENT), 1 << 30))
        assert b"".join(blocks) == self.CONTENT
        assert max(map(len, blocks)) <= 1 << 20

    def test_it_stops_where_enough_is_had(self) -> None:
        """A bomb is not inflated to find out that it is one."""
        size = sum(map(len, inflate(zlib.compress(bytes(1 << 26)), 1 << 20)))
        assert size <= 2 << 20

    @pytest.mark.parametrize("data", [b"", b"x", b"no stream", zlib.compress(CONTENT)[:-9]])
    def test_what_is_no_whole_stream_is_an_error(self, data: bytes) -> None:
        with pytest.raises(zlib.error):
            list(inflate(data, 1 << 30))
