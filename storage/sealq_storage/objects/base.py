"""The object store's interface."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class ObjectStore(Protocol):
    """Bytes under keys: a local folder or an S3 bucket, chosen by URL.

    Keys are relative POSIX paths (`sealq_storage.objects.keys` makes them). A `put` is whole or
    not at all, and replaces what was there.
    """

    @property
    def url(self) -> str:
        """The URL that the store was opened with."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store bytes."""

    def put_file(self, key: str, path: Path) -> None:
        """Store a file's content without holding it in memory."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes.

        Raises:
            ObjectNotFoundError: There is none.
        """

    def exists(self, key: str) -> bool:
        """Say whether there is an object under the key."""

    def locate(self, key: str) -> str:
        """Return where a person finds the object: a path or an `s3://` URL."""
