"""A stack of its own for each test of a flow: settings, and sessions on its migrated database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import settings_for
from rows import migrated

from sealq_configs.settings import Settings
from sealq_storage.sql.engine import Sessions


@pytest.fixture
def settings(tmp_path: Path, database_url: str, redis_url: str) -> Settings:
    return settings_for(tmp_path, database_url, redis_url)


@pytest.fixture
def sessions(settings: Settings) -> Iterator[Sessions]:
    with migrated(settings.database) as opened:
        yield opened
