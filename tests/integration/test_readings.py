"""Rules of readings: one row per key, whoever writes it, with its regions and lines once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes import (
    CountingReader,
    Message,
    migrated,
    new_reading,
    open_runtime,
    settings_for,
    submit_files,
    take_messages,
    tiff,
    until_it_waits,
    work_off,
)
from sqlalchemy import func, select

from sealq_configs.settings import Settings
from sealq_storage.errors import ObjectStoreError
from sealq_storage.objects import ObjectStore
from sealq_storage.readings import NewLine, NewRegion, find_readings, save_reading
from sealq_storage.results import stream_regions
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Line, Page, Reading, Region
from sealq_worker.read import read_pages

LINE = NewLine("发票专用章", 0.97, [(1.0, 2.0), (3.0, 4.0)])
SEAL = NewRegion("page", (1.0, 2.0, 3.0, 4.0), 0.9, (LINE, LINE))


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    with migrated(database_url) as opened:
        yield opened
