"""From a location to a file on this host's disk, checked to be what was submitted."""

from __future__ import annotations

import hashlib
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from sealq_storage.errors import ObjectNotFoundError
from sealq_storage.locations import object_key_of, path_of, split_s3_url
from sealq_storage.objects import ObjectStore
from sealq_storage.objects.s3 import is_missing, s3_client, s3_errors
from sealq_worker.errors import (
    DocumentChangedError,
    DocumentForbiddenError,
    DocumentNotFoundError,
    DocumentTooLargeError,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: Bytes hashed at a time.
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class FetchedDocument:
    """A document's bytes as a local file, which may vanish when the fetch ends."""

    path: Path
    size: int
    sha256: str


class Fetcher:
    """Brings documents from wherever the producer left them."""

    def __init__(
        self, objects: ObjectStore, *, s3_endpoint_url: str | None, max_bytes: int
    ) -> None:
        self._objects = objects
        self._s3_endpoint_url = s3_endpoint_url
        self._max_bytes = max_bytes

    @cached_property
    def _s3(self) -> S3Client:
        return s3_client(self._s3_endpoint_url)

    @contextmanager
    def fetch(self, location: str, sha256: str | None) -> Iterator[FetchedDocument]:
        """Give a document's file for the time of the `with` block.

        Args:
            location: See `docs/architecture.md`.
            sha256: What the content must be; None where nobody has seen it yet.

        Raises:
            DocumentError: It is gone, forbidden, too large, or not what was submitted.
            ObjectStoreError: The store can't be reached: nothing is said of the document.
        """
        with ExitStack() as stack:
            yield self._checked(self._local_path(location, stack), sha256)

    def _local_path(self, location: str, stack: ExitStack) -> Path:
        """Return a file, its own or one that goes with the stack."""
        if (s3 := split_s3_url(location)) is not None:
            temporary = _temporary(stack)
            self._download(*s3, temporary)
            return temporary
        if (object_key := object_key_of(location)) is not None:
            try:
                return self._objects.as_file(object_key, _temporary(stack))
            except ObjectNotFoundError as exc:
                raise DocumentNotFoundError from exc
        try:
            return path_of(location)
        except ValueError as exc:
            raise DocumentNotFoundError(
                "sealq fetches from files, its object store and s3:// alone. Submit it from there."
            ) from exc

    def _download(self, bucket: str, key: str, target: Path) -> None:
        url = f"s3://{bucket}/{key}"
        with s3_errors(url), _document_errors(url), target.open("wb") as file:
            head = self._s3.head_object(Bucket=bucket, Key=key)
            self._refuse_large(head["ContentLength"])
            self._s3.download_fileobj(bucket, key, file)

    def _checked(self, path: Path, sha256: str | None) -> FetchedDocument:
        try:
            size = _ordinary_size(path)
            self._refuse_large(size)
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while block := file.read(BLOCK_BYTES):
                    digest.update(block)
        except (FileNotFoundError, NotADirectoryError, ValueError) as exc:
            # ValueError: no file's name holds a NUL byte.
            raise DocumentNotFoundError from exc
        except PermissionError as exc:
            raise DocumentForbiddenError from exc
        if sha256 is not None and digest.hexdigest() != sha256:
            raise DocumentChangedError
        return FetchedDocument(path, size, digest.hexdigest())

    def _refuse_large(self, size: int) -> None:
        if size > self._max_bytes:
            raise DocumentTooLargeError(
                f"The file has {size:,} bytes; the limit is {self._max_bytes:,} "
                "(SEALQ_MAX_DOCUMENT_BYTES)."
            )


def _temporary(stack: ExitStack) -> Path:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sealq-"))
    return Path(folder) / "document"


def _ordinary_size(path: Path) -> int:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        # A pipe that took a file's place would be waited for without end.
        raise DocumentChangedError(
            "It is a folder, a pipe or a device now. Put the file back, or submit it again."
        )
    return found.st_size


@contextmanager
def _document_errors(url: str) -> Iterator[None]:
    """Turn what S3 says of one object into an error of that document."""
    try:
        yield
    except ClientError as exc:
        if is_missing(exc):
            raise DocumentNotFoundError(f"{url} is not there any more. Submit it again.") from exc
        if exc.response["Error"]["Code"] in {"403", "AccessDenied"}:
            raise DocumentForbiddenError(
                f"The workers may not read {url}. Give their credentials s3:GetObject on it."
            ) from exc
        raise
