"""The bench's files: what is in the folder is what the truth says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from sealbench.files import write_eseal, write_vector_pdf
from sealbench.pages import make_pristine
from sealbench.write import main, planned, write_bench

COUNT = 14


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bench with every kind of file."""
    folder = tmp_path_factory.mktemp("bench")
    write_bench(folder, 4, COUNT, "held_out", processes=1)
    return folder


@pytest.fixture(scope="module")
def lines(bench: Path) -> list[Mapping[str, Any]]:
    """Return the truth's lines."""
    text = (bench / "truth.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def rendered(pdf: pdfium.PdfDocument, page: int) -> NDArray[np.uint8]:
    """Return a page at 144 dots per inch."""
    image: NDArray[np.uint8] = pdf[page].render(scale=2).to_numpy()[..., :3]
    return image


def picture_sizes(path: Path) -> list[tuple[int, int]]:
    """Return width and height of every picture in a file."""
    with Image.open(path) as image:
        return [frame.size for frame in ImageSequence.Iterator(image)]


def test_every_page_of_every_file_has_a_line(bench: Path, lines: list[Mapping[str, Any]]) -> None:
    assert len(lines) == COUNT
    stated = [(line["file"], line["page"]) for line in lines]
    there = []
    for path in sorted(bench.iterdir()):
        if path.suffix != ".jsonl":
            pdf = path.suffix == ".pdf"
            pages = len(pdfium.PdfDocument(path)) if pdf else len(picture_sizes(path))
            there += [(path.name, page + 1) for page in range(pages)]
    assert stated == there


def test_pictures_have_the_size_that_the_truth_states(
    bench: Path, lines: list[Mapping[str, Any]]
) -> None:
    pictures = [line for line in lines if not line["file"].endswith(".pdf")]
    assert pictures
    for line in pictures:
        sizes = picture_sizes(bench / line["file"])
        assert sizes[line["page"] - 1] == (line["width"], line["height"])


def test_pdf_pages_have_the_truth_s_proportions(
    bench: Path, lines: list[Mapping[str, Any]]
) -> None:
    for line in lines:
        if line["file"].endswith(".pdf"):
            width, height = pdfium.PdfDocument(bench / line["file"])[line["page"] - 1].get_size()
            assert width * line["dpi"] / 72 == pytest.approx(line["width"], abs=0.01)
            assert height * line["dpi"] / 72 == pytest.approx(line["height"], abs=0.01)


def test_same_seed_same_bench(bench: Path, tmp_path: Path) -> None:
    arguments = f"--out {tmp_path} --count {COUNT} --seed 4 --split held_out"
    main(arguments.split())
    hashes = [
        {path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}
        for folder in (bench, tmp_path)
    ]
    assert hashes[0] == hashes[1]


def test_a_bench_has_every_kind_of_file_and_straddling_seals() -> None:
    documents = list(planned(1, 1000))
    kinds = {document.kind for document in documents}
    assert kinds == {"jpg", "png", "tif", "scanned.pdf", "vector.pdf", "eseal.pdf"}
    assert sum(len(document.seeds) for document in documents) == 1000
    assert any(document.straddling for document in documents)
    seeds = [seed for document in documents for seed in document.seeds]
    assert len(set(seeds)) == len(seeds)


def sealed_seed() -> int:
    """Return a seed whose drawn page has a whole red seal."""
    for seed in range(100):
        _, truth = make_pristine(seed, "held_out")
        if any(seal.label == "seal" and seal.ink == "red" for seal in truth.seals):
            return seed
    raise AssertionError


def test_a_page_of_paths_looks_like_its_sheet() -> None:
    sheet, _ = make_pristine(sealed_seed(), "held_out")
    pdf = pdfium.PdfDocument(write_vector_pdf([sheet]))
    image = rendered(pdf, 0).astype(int)
    height, width = (min(sides) for sides in zip(image.shape[:2], sheet.image.shape, strict=False))
    drawn = sheet.image[:height, :width].astype(int)
    ink = drawn.min(axis=2) < 200
    assert ink.mean() > 0.002
    # Another renderer smooths edges differently: ink is compared by how much of it there is.
    other = image[:height, :width].min(axis=2) < 200
    assert other.sum() == pytest.approx(ink.sum(), rel=0.15)
    assert (ink & other).sum() > 0.75 * ink.sum()


def test_an_e_seal_is_only_in_its_field_s_appearance() -> None:
    sheet, truth = make_pristine(sealed_seed(), "held_out")
    data = write_eseal([sheet])
    plain, signed = pdfium.PdfDocument(data), pdfium.PdfDocument(data)
    signed.init_forms()
    changed = np.argwhere((rendered(plain, 0) != rendered(signed, 0)).any(axis=2))
    boxes = np.array([seal.box for seal in truth.seals if seal.label == "seal"])
    assert changed[:, 1].min() == pytest.approx(boxes[:, 0].min(), abs=6)
    assert changed[:, 0].max() == pytest.approx(boxes[:, 3].max(), abs=6)
