"""A source becomes a document row: its content's hash, and where a worker fetches its bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from sealq_producer.errors import TemporaryFolderError, UnreadableSourceError
from sealq_producer.sources import Source
from sealq_storage.locations import location_of, location_of_object
from sealq_storage.objects.base import ObjectStore
from sealq_storage.objects.keys import input_key

#: Bytes that are read and hashed at once.
_BLOCK_BYTES = 1 << 20

#: Sources per thread that are taken ahead of the consumer: enough that one large file among small
#: ones does not idle the other threads.
_AHEAD_PER_THREAD = 8


@dataclass(frozen=True)
class Taken:
    """A source as it goes into SQL. With an error code it is a document that failed at once."""

    source_name: str
    location: str
    #: Bytes; None where nobody has looked.
    size: int | None = None
    #: None for S3: the worker computes it, and the bytes travel once.
    sha256: str | None = None
    error_code: str | None = None
    error: str | None = None


class Intake:
    """Takes sources in. Threads may share one."""

    def __init__(self, objects: ObjectStore, store_url: str, max_bytes: int) -> None:
        self._objects = objects
        self._device = _device_of(store_url)
        self._max_bytes = max_bytes

    def take(self, source: Source) -> Taken:
        """Hash a local file, and copy it to the object store unless that is on the same disk.

        What can't be read, or is refused, gives a document that failed, with its reason: the rest
        goes on.

        Raises:
            ObjectStoreError: The object store can't be used; names the remedy.
        """
        if source.refused is not None:
            return Taken(source.name, source.name, error_code="not_taken", error=source.refused)
        try:
            return self._take(source)
        except UnreadableSourceError as exc:
            location = _location_of(source)
            return Taken(source.name, location, source.size, None, exc.code, str(exc))

    def take_all(self, sources: Iterable[Source], threads: int) -> Iterator[Taken]:
        """Take a stream of sources in its order, a few at once, never more than a few ahead.

        Raises:
            ObjectStoreError: The object store can't be used; names the remedy.
        """
        ahead: deque[Future[Taken]] = deque()
        pool = ThreadPoolExecutor(threads, thread_name_prefix="intake")
        try:
            for source in sources:
                ahead.append(pool.submit(self.take, source))
                if len(ahead) == threads * _AHEAD_PER_THREAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            # Whoever stops early shall not wait for what nobody will take.
            pool.shutdown(cancel_futures=True)

    def _take(self, source: Source) -> Taken:
        # Before a byte is read, of what lies in S3 too.
        self._refuse_large(source.name, source.size or 0)
        if source.path is None:
            return Taken(source.name, _location_of(source), source.size)
        return self._take_file(source.name, source.path)

    def _take_file(self, name: str, path: Path) -> Taken:
        with _refusing(name):
            device = _ordinary(path).st_dev
        if device != self._device:
            return self._copy_to_store(name, path)
        sha256, size = _hash(self._blocks(name, path))
        return Taken(name, location_of(path), size, sha256)

    def _copy_to_store(self, name: str, path: Path) -> Taken:
        # From a copy: were the file itself hashed and then sent, a change between the two would
        # leave other bytes under that key, and every later job would be given those.
        with _temporary_copy() as copy:
            sha256, size = _hash(self._blocks(name, path), copy)
            copy.flush()
            key = input_key(sha256)
            if not self._objects.exists(key):
                self._objects.put_file(key, Path(copy.name))
        return Taken(name, location_of_object(key), size, sha256)

    def _blocks(self, name: str, path: Path) -> Iterator[bytes]:
        size = 0
        with _refusing(name), path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK_BYTES):
                # Counted: a file may grow while it is read, and some in /proc have no end.
                size += len(block)
                self._refuse_large(name, size)
                yield block

    def _refuse_large(self, name: str, size: int) -> None:
        if size > self._max_bytes:
            raise UnreadableSourceError(
                "too_large",
                f"{name}: has more than the {self._max_bytes:,} bytes allowed. Split it, or raise "
                "SEALQ_MAX_DOCUMENT_BYTES, then submit again.",
            )


def _location_of(source: Source) -> str:
    return location_of(source.path) if source.path is not None else source.url or source.name


def _device_of(store_url: str) -> int | None:
    """Return the disk (`st_dev`) that a local store's folder is on, or will be; None for S3."""
    parts = urlsplit(store_url)
    if parts.scheme != "file":
        return None
    folder = Path(unquote(parts.path))
    return next(place for place in (folder, *folder.parents) if place.exists()).stat().st_dev


def _ordinary(path: Path) -> os.stat_result:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        # Reading a pipe or a device may never end.
        raise OSError(errno.EINVAL, "It is a pipe, a socket or a device")
    return found


def _hash(blocks: Iterable[bytes], copy: IO[bytes] | None = None) -> tuple[str, int]:
    """Return the sha256 and the size in bytes; write the blocks to a copy, where one is wanted."""
    digest = hashlib.sha256()
    size = 0
    for block in blocks:
        digest.update(block)
        size += len(block)
        if copy is not None:
            copy.write(block)
    return digest.hexdigest(), size


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Turn what reading a source raises into the code and the sentence of a failed document."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise UnreadableSourceError(
            "not_found", f"{name}: there is no such file. Check the name, then submit it again."
        ) from exc
    except PermissionError as exc:
        raise UnreadableSourceError(
            "forbidden", f"{name}: may not be read. Allow this user to read it, then submit again."
        ) from exc
    except (OSError, ValueError) as exc:  # ValueError: a NUL byte in the name
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise UnreadableSourceError(
            "unreadable", f"{name}: can't be read ({reason}). Submit a whole, ordinary file."
        ) from exc


@contextmanager
def _temporary_copy() -> Iterator[IO[bytes]]:
    try:
        with tempfile.NamedTemporaryFile(prefix="sealq-") as copy:
            yield copy
    except OSError as exc:
        raise TemporaryFolderError(
            f"No input can be copied by way of {tempfile.gettempdir()}: {exc.strerror}. Free some "
            "space there, or set TMPDIR to a folder that has it."
        ) from exc
