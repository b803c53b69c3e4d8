"""Draws the sample documents and writes `expected.json`, the truth of what stands on them.

The same font and library versions give the same bytes: every seal carries the seed of its wear.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import forms
import seals
from contract import PDF_DPI, contract
from PIL import Image
from sheet import DPI, Page, PlacedSeal, paper_grain

from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings

HERE = Path(__file__).parent
#: Quality of JPEG samples, 1 to 100.
JPEG_QUALITY = 85
COLOURS = {seals.RED: "red", seals.BLUE: "blue"}


@dataclass(frozen=True)
class Sample:
    """One document: its file's name and bytes, and what stands on its pages."""

    file: str
    data: bytes
    pages: tuple[Page, ...]


def main() -> None:
    """Write all samples and `expected.json` into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--font", type=Path, help="TrueType font with Chinese characters")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    arguments = parser.parse_args()
    samples = list(draw_samples(arguments.font or default_font()))
    for sample in samples:
        (arguments.out / sample.file).write_bytes(sample.data)
        print(f"{sample.file}: {len(sample.data):,} bytes, {len(sample.pages)} pages")
    truth = json.dumps(expected(samples), ensure_ascii=False, indent=2)
    (arguments.out / "expected.json").write_text(truth + "\n", encoding="utf-8")


def default_font() -> Path:
    """Return the font that sealq itself draws with, fetched at need."""
    settings = load_settings().settings
    return settings.font or ModelCache(settings.models_dir).font()


def draw_samples(font: Path) -> Iterator[Sample]:
    """Draw every sample with a TrueType font that has Chinese characters."""
    sheet = forms.invoice(font)
    scan = paper_grain(sheet.image, seed=1)
    yield Sample("invoice.jpg", encoded(scan, "JPEG", DPI, quality=JPEG_QUALITY), (sheet.page,))
    yield Sample("contract.pdf", *contract(font))
    first, *others = sheets = forms.receipts(font)
    frames = {
        "save_all": True,
        "append_images": [other.image for other in others],
        "compression": "tiff_lzw",
    }
    pages = tuple(sheet.page for sheet in sheets)
    yield Sample("receipts.tiff", encoded(first.image, "TIFF", DPI, **frames), pages)
    for name, draw in (("no_seal.png", forms.no_seal), ("seal_crop.png", forms.seal_crop)):
        sheet = draw(font)
        yield Sample(name, encoded(sheet.image, "PNG", sheet.dpi, optimize=True), (sheet.page,))


def encoded(image: Image.Image, kind: str, dpi: int, **options: Any) -> bytes:
    """Return a picture as a file of one of Pillow's formats that says its resolution."""
    data = BytesIO()
    image.save(data, kind, dpi=(dpi, dpi), **options)
    return data.getvalue()


def expected(samples: list[Sample]) -> dict[str, Any]:
    """Return the truth of the samples, ready for JSON; boxes are x1, y1, x2, y2 in pixels."""
    return {
        "pdf_dpi": PDF_DPI,
        "documents": [
            {"file": sample.file, "pages": [_page(page) for page in sample.pages]}
            for sample in samples
        ],
    }


def _page(page: Page) -> dict[str, Any]:
    width, height = page.size
    return {"width": width, "height": height, "seals": [_seal(placed) for placed in page.seals]}


def _seal(placed: PlacedSeal) -> dict[str, Any]:
    seal = placed.seal
    return {
        "shape": seal.shape,
        "colour": COLOURS[seal.colour],
        "box": placed.box,
        "texts": seal.texts,
    }


if __name__ == "__main__":
    main()
