"""Real documents, not part of the repository: `REFERENCE_IMAGES` names their folder.

Where there is none, the tests that need them are skipped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).parents[2] / "shared" / "data"

_FOLDER = Path(os.environ.get("REFERENCE_IMAGES") or _BESIDE)


def reference(name: str) -> Path:
    """Return a reference image, or skip the test."""
    if not _FOLDER.is_dir():
        pytest.skip(f"no reference images in {_FOLDER} (REFERENCE_IMAGES)")
    return _FOLDER / name


def truth_of(name: str) -> dict[str, Any]:
    """Return what stands on a reference image, or skip the test."""
    truth: dict[str, Any] = json.loads(reference("truth.json").read_text("utf-8"))[name]
    return truth
