"""What tests of flows begin with: a stack of their own, its migrated database, a document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import settings_for, tiff
from rows import migrated, new_job

from sealq_configs.settings import Settings
from sealq_storage.sql.engine import Sessions


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return settings_for(tmp_path, database_url, redis_url)


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    with migrated(database_url) as opened:
        yield opened


@pytest.fixture
def job_id(sessions: Sessions) -> str:
    return new_job(sessions)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document of three pages."""
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(3))
    return path
