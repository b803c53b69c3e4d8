"""A worker's Celery app that keeps no objects: what is left is messages and SQL."""

from __future__ import annotations

from pathlib import Path

import sealq_worker.runtime
from sealq_storage.objects.local import LocalObjects


class NoObjects(LocalObjects):
    """A store that forgets what it is given."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Forget it."""


def _open_objects(url: str, **_: object) -> NoObjects:
    return NoObjects(url, Path())


vars(sealq_worker.runtime)["open_objects"] = _open_objects

from sealq_worker.app import app  # noqa: E402 (with that store in place)

__all__ = ["app"]
