"""Pages are turned to the very pixels that PaddleX turns them to."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from sealq_worker.paddlex_env import import_paddlex
from sealq_worker.quarter_turns import turned


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (31, 64), (64, 31), (50, 50), (1755, 1240)])
def test_a_turned_page_is_paddlex_own_pixel_by_pixel(size: tuple[int, int], angle: int) -> None:
    import_paddlex(None)
    own = importlib.import_module("paddlex.inference.pipelines.components.common.warp_image")
    page = np.random.default_rng(7).integers(0, 256, (*size, 3), np.uint8)

    np.testing.assert_array_equal(turned(page, angle), own.rotate_image(page, angle))


def test_paddlex_turns_pages_that_way() -> None:
    import_paddlex(None)
    pipeline = importlib.import_module("paddlex.inference.pipelines.doc_preprocessor.pipeline")

    # It is asked for under that name, and found to be ours.
    assert "rotate_image" in pipeline._DocPreprocessorPipeline.predict.__code__.co_names  # noqa: SLF001
    assert pipeline.rotate_image is turned
