"""Objects as files below a folder."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sealq_storage.errors import ObjectNotFoundError, ObjectStoreError
from sealq_storage.objects.base import check_by_probe, checked

#: Bytes that are copied at once.
_COPY_BYTES = 1 << 20


class LocalObjects:
    """An `ObjectStore` in a folder, which is made at need. Content types are not kept."""

    def __init__(self, url: str, root: Path) -> None:
        self._url = url
        self._root = root

    @property
    def url(self) -> str:
        """The URL that the store was opened with."""
        return self._url

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store bytes."""
        del content_type
        with self._understood(), _replacing(self._path(key)) as file:
            file.write(data)

    def put_file(self, key: str, path: Path) -> None:
        """Store a file's content without holding it in memory."""
        # Opened outside: a source that can't be read is no failure of the store.
        with path.open("rb") as source, self._understood(), _replacing(self._path(key)) as file:
            shutil.copyfileobj(source, file, _COPY_BYTES)

    def get(self, key: str) -> bytes:
        """Return an object's bytes."""
        path = self._path(key)
        with self._understood():
            try:
                return path.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as exc:
                raise ObjectNotFoundError(f"There is no object {path}.") from exc

    def as_file(self, key: str, temporary: Path) -> Path:
        """Return the object's own file; nobody may change it."""
        del temporary
        path = self._path(key)
        if not self.exists(key):
            raise ObjectNotFoundError(f"There is no object {path}.")
        return path

    def exists(self, key: str) -> bool:
        """Say whether there is an object under the key."""
        path = self._path(key)
        with self._understood():
            return path.is_file()

    def locate(self, key: str) -> str:
        """Return the absolute path of the object."""
        return str(self._path(key))

    def check(self) -> None:
        """Write, read back and delete a small object."""
        check_by_probe(self, self._delete)

    def _delete(self, key: str) -> None:
        with self._understood():
            self._path(key).unlink()

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise ObjectStoreError(
                f"The object store {self._url} can't be used: {exc}. Check that this user may "
                "write in the folder and that the disk has space, or set SEALQ_OBJECTS_URL."
            ) from exc


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that takes the path's place, whole and on the disk, when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # A new name lasts only when its folder is written too; a row that points at the object is
    # committed next, perhaps on another host that keeps its power.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
