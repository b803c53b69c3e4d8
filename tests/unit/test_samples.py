"""The committed samples are what their generator draws and what `expected.json` says."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sealq_worker.documents import DocumentLimits, open_document

SAMPLES = Path(__file__).parents[2] / "samples"
TRUTH: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=10, max_page_pixels=1 << 24)
#: By how much (0 to 255) a seal's colour exceeds the others where there is its ink. The invoice's
#: form is brown, what is typed into it blueish: both stay below.
COLOURED = {"red": 110, "blue": 80}
#: Channels of a BGR image.
CHANNELS = {"red": 2, "blue": 0}


class SealOnPage(NamedTuple):
    file: str
    page: int
    seal: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}-{self.page}-{self.seal['texts'][0]}"


def placed_seals() -> Iterator[SealOnPage]:
    for document in TRUTH["documents"]:
        for number, page in enumerate(document["pages"], 1):
            for seal in page["seals"]:
                yield SealOnPage(document["file"], number, seal)


def page_images(file: str) -> list[NDArray[np.uint8]]:
    with open_document(SAMPLES / file, dpi=TRUTH["pdf_dpi"], limits=LIMITS) as document:
        return [document.page(number).image for number in range(1, document.page_count + 1)]


def ink(image: NDArray[np.uint8], colour: str) -> NDArray[np.bool_]:
    """Return where a BGR image has ink of a colour."""
    channel = CHANNELS[colour]
    others = np.delete(image, channel, axis=2).max(axis=2).astype(int)
    return np.asarray(image[..., channel] - others > COLOURED[colour])


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(SAMPLES)
    return importlib.import_module("make_samples")


@pytest.fixture
def font(generator: ModuleType) -> Path:
    return Path(generator.default_font())


def test_a_sample_drawn_twice_is_the_same_file(generator: ModuleType, font: Path) -> None:
    first, second = (
        generator.encoded(generator.forms.seal_crop(font).image, "PNG", 300) for _ in range(2)
    )
    assert first == second


def test_the_committed_sample_is_what_the_generator_draws(
    generator: ModuleType, font: Path
) -> None:
    """Other versions of Pillow may place a glyph's edge a little differently, not more."""
    drawn = np.asarray(generator.forms.seal_crop(font).image, dtype=int)
    committed = np.asarray(Image.open(SAMPLES / "seal_crop.png").convert("RGB"), dtype=int)
    assert drawn.shape == committed.shape
    assert np.abs(drawn - committed).mean() < 1


def test_the_generator_writes_the_committed_truth(generator: ModuleType, font: Path) -> None:
    truth = generator.expected(list(generator.draw_samples(font)))
    assert json.loads(json.dumps(truth)) == TRUTH


def test_no_two_companies_share_a_name_or_a_number(generator: ModuleType) -> None:
    companies = generator.seals.COMPANIES
    for attribute in ("name", "tax_number", "seal_number"):
        assert len({getattr(company, attribute) for company in companies}) == len(companies)


@pytest.mark.parametrize("document", TRUTH["documents"], ids=lambda document: document["file"])
def test_a_document_has_the_pages_that_the_truth_says(document: dict[str, Any]) -> None:
    sizes = [(image.shape[1], image.shape[0]) for image in page_images(document["file"])]
    assert sizes == [(page["width"], page["height"]) for page in document["pages"]]


@pytest.mark.parametrize("place", list(placed_seals()), ids=str)
def test_a_box_lies_on_its_page_and_its_edges_touch_the_seals_ink(place: SealOnPage) -> None:
    image = page_images(place.file)[place.page - 1]
    left, top, right, bottom = place.seal["box"]
    assert 0 <= left < right <= image.shape[1]
    assert 0 <= top < bottom <= image.shape[0]
    coloured = ink(image, place.seal["colour"])[top:bottom, left:right]
    for edge in (coloured[:4], coloured[-4:], coloured[:, :4], coloured[:, -4:]):
        assert edge.any()


@pytest.mark.parametrize("colour", list(CHANNELS))
def test_there_is_no_coloured_ink_beside_the_seals(colour: str) -> None:
    for document in TRUTH["documents"]:
        for image, page in zip(page_images(document["file"]), document["pages"], strict=True):
            beside = ink(image, colour)
            for seal in page["seals"]:
                left, top, right, bottom = seal["box"]
                beside[max(0, top - 3) : bottom + 3, max(0, left - 3) : right + 3] = False
            assert not beside.any(), document["file"]


def test_the_samples_are_small_enough_to_be_cloned_by_everyone() -> None:
    total = sum((SAMPLES / document["file"]).stat().st_size for document in TRUTH["documents"])
    assert total < 1_500_000


def test_no_picture_carries_exif() -> None:
    for name in ("invoice.jpg", "no_seal.png", "seal_crop.png"):
        with Image.open(SAMPLES / name) as image:
            assert not image.getexif(), name


def test_the_readme_names_every_text_of_every_sample() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for place in placed_seals():
        assert place.file in readme
        for text in place.seal["texts"]:
            assert text in readme
