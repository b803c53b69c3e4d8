"""What acceptance tests start from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from installed import SAMPLE_NAMES, SAMPLES, SamplesRun, Sealq


@pytest.fixture
def sealq(tmp_path: Path) -> Sealq:
    """Return the command with nothing behind it: no database, no Redis."""
    return Sealq(tmp_path)


@pytest.fixture(scope="session")
def samples_run(tmp_path_factory: pytest.TempPathFactory) -> SamplesRun:
    """Read the samples once, in JSON."""
    folder = tmp_path_factory.mktemp("samples")
    documents = folder / "documents"
    documents.mkdir()
    for name in SAMPLE_NAMES:
        shutil.copy(SAMPLES / name, documents)
    sealq = Sealq(folder)
    said = sealq("run", "documents", "--format", "json", "--tag", "year=2026")
    truth = json.loads((SAMPLES / "expected.json").read_text("utf-8"))["documents"]
    return SamplesRun(sealq, said, documents, {each["file"]: each["pages"] for each in truth})
