"""The text detector that sealq ships finds what the published one finds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from folding.passes import folded
from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings

CROP = Path(__file__).parents[2] / "samples/seal_crop.png"
#: How far scores from 0 to 1 may differ. What the engine rewrites in the published one by itself
#: moves them by a tenth of this.
ROUNDING = 1e-3

PUBLISHED, SHIPPED = "PP-OCRv4_mobile_seal_det", "PP-OCRv4_mobile_seal_det_folded"


@pytest.fixture(scope="module")
def files() -> dict[str, Path]:
    models = ModelCache(load_settings().settings.models_dir)
    return {name: models.directory(name) / "inference.onnx" for name in (PUBLISHED, SHIPPED)}


@pytest.mark.parametrize("sides", [(736, 736), (800, 1088)])
def test_it_sees_the_same_text(files: dict[str, Path], sides: tuple[int, int]) -> None:
    image = cv2.resize(cv2.imread(str(CROP)), sides[::-1]).astype(np.float32) / 255
    normal = (image - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    batch = np.stack([normal, normal[::-1]]).transpose(0, 3, 1, 2).astype(np.float32)
    expected, seen = (_run(files[name], batch) for name in (PUBLISHED, SHIPPED))
    assert expected.max() > 0.9, "there is text to be seen"
    np.testing.assert_allclose(seen, expected, rtol=0, atol=ROUNDING)


def test_it_is_the_published_one_folded(files: dict[str, Path]) -> None:
    """Whoever changes the folding writes the model anew: docs/models.md has the command."""
    assert folded(onnx.load(files[PUBLISHED])) == onnx.load(files[SHIPPED])


def _run(model: Path, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: batch})
    return np.asarray(found, np.float32)
