"""Drawn views on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from locator import cache
from locator.cache import build_cache, load_cache
from locator.errors import CacheError
from locator.views import VIEW_SIDE, views_of
from sealbench.pages import make_page


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SHARD_PAGES", 2)


def test_what_is_drawn_is_what_is_loaded(tmp_path: Path) -> None:
    build_cache(tmp_path, range(4), processes=2)
    loaded = load_cache(tmp_path, range(4))
    drawn = [
        view
        for seed in range(4)
        for view in views_of(make_page(seed, "train"), np.random.default_rng(seed))
    ]
    assert len(loaded) == len(drawn)
    assert loaded.rare == tuple(rare for _, rare in drawn)
    for index, (view, _) in enumerate(drawn):
        there = loaded.view(index)
        assert there.image.shape == (VIEW_SIDE, VIEW_SIDE, 3)
        assert np.abs(there.image.astype(int) - view.image).mean() < 5  # it went through a JPEG
        np.testing.assert_array_equal(there.boxes, view.boxes)
        np.testing.assert_array_equal(there.labels, view.labels)


def test_a_build_that_was_cut_short_draws_only_what_is_missing(tmp_path: Path) -> None:
    build_cache(tmp_path, range(2), processes=1)
    (first,) = tmp_path.iterdir()
    before = first.stat().st_mtime_ns
    build_cache(tmp_path, range(4), processes=1)
    assert first.stat().st_mtime_ns == before
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_is_no_shard_is_named(tmp_path: Path) -> None:
    build_cache(tmp_path, range(2), processes=1)
    (shard,) = tmp_path.iterdir()
    shard.write_bytes(b"cut short")
    with pytest.raises(CacheError, match=shard.name):
        load_cache(tmp_path, range(2))
