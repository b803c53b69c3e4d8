"""Pages read side by side, in batches, say what they say when each is read alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import validate_parameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import load_settings
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits, PageImage, open_document
from sealq_worker.lanes import LanedReader
from sealq_worker.paddlex_reader import PaddleXReader
from speedbench.lanes import counted, read_side_by_side

SAMPLES = Path(__file__).parents[2] / "samples"
LIMITS = DocumentLimits(max_bytes=1 << 30, max_pages=100, max_page_pixels=1 << 28)
#: Pages at a time.
LANES = 6

Way = Literal["stock", "careful"]


def pages() -> list[PageImage]:
    """Return all pages of the samples."""
    truth = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
    found = []
    for document in truth["documents"]:
        with open_document(SAMPLES / document["file"], dpi=144, limits=LIMITS) as opened:
            found += [opened.page(number + 1) for number in range(len(document["pages"]))]
    return found


def load(way: Way, models: ModelCache) -> PaddleXReader:
    spec = load_preset("mobile").spec(validate_parameters({}), reading=way)
    return PaddleXReader(spec, Device("cpu", None), models, font=models.font(), threads=1)


@pytest.mark.parametrize("way", ["stock", "careful"])
def test_a_page_says_the_same_alone_and_among_others(way: Way) -> None:
    models = ModelCache(load_settings().settings.models_dir)
    every = pages()
    alone = [load(way, models).read(page) for page in every]
    loaded = load(way, models)
    runners = counted(loaded).values()
    together = read_side_by_side(LanedReader(loaded, LANES), every)
    for one, among in zip(alone, together, strict=True):
        assert_same(one.res, among.res)
        assert [seal.shape for seal in among.seals] == [seal.shape for seal in one.seals]
        assert [said(seal.fields) for seal in among.seals] == [
            said(seal.fields) for seal in one.seals
        ]
        assert one.pictures.keys() == among.pictures.keys()
        assert one.looked == among.looked
        assert_same(one.empty_score, among.empty_score)
    # Those of orientation and layout take all pages in one shape.
    assert sum(max(runner.batches, default=0) > 1 for runner in runners) >= 2


def said(fields: Sequence[Any]) -> list[tuple[str, str | None]]:
    return [(field.name, field.text) for field in fields]


def assert_same(one: Any, other: Any) -> None:
    """Hold two results of PaddleX against each other: only scores may differ, by rounding."""
    if isinstance(one, Mapping):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert_same(value, other[name])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for value, its in zip(one, other, strict=True):
            assert_same(value, its)
    elif isinstance(one, (float, np.floating)):
        assert one == pytest.approx(other, abs=1e-3)
    else:
        assert one == other
