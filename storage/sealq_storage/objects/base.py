"""The object store's interface, and what every store does alike."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sealq_storage.errors import InvalidKeyError, ObjectNotFoundError, ObjectStoreError

#: What `check` writes: every byte value, so that a store that meddles with bytes is found out.
_PROBE = bytes(range(256))


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

    def as_file(self, key: str, temporary: Path) -> Path:
        """Return a file with the object's bytes: its own where it is one, else the temporary.

        Args:
            key: The object.
            temporary: Where a store that is no folder writes the bytes to.

        Raises:
            ObjectNotFoundError: There is none.
        """

    def exists(self, key: str) -> bool:
        """Say whether there is an object under the key."""

    def locate(self, key: str) -> str:
        """Return where a person finds the object: a path or an `s3://` URL."""

    def check(self) -> None:
        """Write, read back and delete a small object.

        Raises:
            ObjectStoreError: The store can't be used; names the reason and the remedy.
        """


def checked(key: str) -> str:
    """Return the key, if it can be one in every store.

    Raises:
        InvalidKeyError: It is empty or absolute, climbs out of the store, or holds a part with a
            leading dot, a backslash or an unprintable character.
    """
    # A leading dot is refused beyond `..`: half-written local files have it, so that no key
    # ever names one.
    parts = key.split("/")
    if all(part and part[0] != "." for part in parts) and "\\" not in key and key.isprintable():
        return key
    raise InvalidKeyError(
        f"{key!r} can't be an object key: parts are joined by one slash, none is empty or begins "
        "with a dot, and all characters are printable and no backslash."
    )


def check_by_probe(store: ObjectStore, delete: Callable[[str], None]) -> None:
    """Do what `ObjectStore.check` promises.

    Args:
        store: The store to try.
        delete: Deletes the object of a key. The interface itself has no deletion.

    Raises:
        ObjectStoreError: The store refuses, or gives back other bytes.
    """
    key = f"check/{uuid.uuid4().hex}"
    store.put(key, _PROBE, "application/octet-stream")
    try:
        kept = store.get(key) == _PROBE
    except ObjectNotFoundError:
        kept = False
    delete(key)
    if not kept:
        raise ObjectStoreError(
            f"The object store {store.url} does not give back what was just written. Something "
            "between sealq and it changes or caches objects: check proxies, gateways and mounts."
        )
