"""Finding and reading on a small fixed part of the bench stay above floors.

The whole bench is the measure (`make bench-quality`); here so few pages are read that a floor only
catches what breaks. The floors lie below what was measured with the shipped locator, and rise with
those that follow.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from sealbench.evaluate import main
from sealbench.figures import Share
from sealbench.metrics import Quality, measure
from sealbench.outcome import PageOutcome
from sealbench.pages import make_page
from sealbench.run import open_pipeline, read_page
from sealbench.write import write_bench
from sealq_configs.settings import load_settings
from sealq_worker.devices import Device
from sealq_worker.documents import PageImage
from sealq_worker.reader import Reader

#: Held-out pages that are read.
SEEDS = range(40)

#: Dots per inch: the preset's own.
DPI = 144


@pytest.fixture(scope="module")
def quality() -> Quality:
    """Return the figures of preset mobile."""
    pipeline = open_pipeline("mobile", Device.parse("cpu"), load_settings().settings)
    return measure([read(pipeline.reader, seed) for seed in SEEDS])


def read(reader: Reader, seed: int) -> PageOutcome:
    page = make_page(seed, "held_out", dpi=DPI)
    reading = read_page(reader, PageImage(page.image, float(DPI)), page.truth)
    return PageOutcome(f"seed {seed}", 1, "drawn", page.truth, reading.found, reading.seconds)


@pytest.mark.parametrize(
    ("share_of", "floor"),
    [
        (lambda quality: quality.whole[0.5].all.recall, 0.8),  # measured: 27 of 30 seals
        (lambda quality: quality.whole[0.5].all.precision, 0.88),  # 27 of 27 boxes
        (lambda quality: quality.whole[0.75].all.recall, 0.75),  # 26 of 30 seals
        (lambda quality: quality.tax_mark[0.5].recall, 0.6),  # 5 of 6 marks
        (lambda quality: quality.texts.all.near, 0.55),  # 39 of 55 texts
    ],
    ids=["recall", "precision", "tight-recall", "tax-marks", "texts"],
)
def test_floor(quality: Quality, share_of: Callable[[Quality], Share], floor: float) -> None:
    share = share_of(quality)
    assert share.value is not None
    assert share.value >= floor, f"{share}: see `make bench-quality` for what is missed"


def test_the_command_reads_a_bench_of_files(tmp_path: Path) -> None:
    """Every page is opened as sealq opens it, and there are figures and pictures of all."""
    write_bench(tmp_path / "bench", seed=2, count=4, split="held_out", processes=1)
    result = CliRunner().invoke(main, ["--bench", f"{tmp_path}/bench", "--out", f"{tmp_path}/out"])
    assert result.exit_code == 0, result.output
    quality = json.loads((tmp_path / "out/quality.json").read_text(encoding="utf-8"))
    assert quality["pages"] == 4
    assert quality["failed"] == []
    assert "whole seals" in result.stdout
    assert (tmp_path / "out/misses.html").is_file()
