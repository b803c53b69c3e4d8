"""Object stores: a local folder or an S3 bucket, chosen by URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from sealq_storage.errors import ObjectStoreError
from sealq_storage.objects.base import ObjectStore
from sealq_storage.objects.local import LocalObjects
from sealq_storage.objects.s3 import S3Objects

__all__ = ["ObjectStore", "open_objects"]


def open_objects(url: str, *, s3_endpoint_url: str | None = None) -> ObjectStore:
    """Open an object store; touches nothing until it is used (`ObjectStore.check` tries it).

    Args:
        url: `file:///folder` (special characters as `%XX`, as in `Path.as_uri`) or
            `s3://bucket/prefix` (taken literally).
        s3_endpoint_url: Where S3 answers; None for the S3 client's own default.

    Raises:
        ObjectStoreError: The URL is neither.
    """
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if scheme == "s3" and host:
        return S3Objects(url, host, path.strip("/"), s3_endpoint_url)
    if scheme == "file" and host in {"", "localhost"} and slash and not {"?", "#"} & set(path):
        return LocalObjects(url, Path(unquote(slash + path)))
    raise ObjectStoreError(
        f"{url!r} is no object store. Set SEALQ_OBJECTS_URL to file:///folder (three slashes, an "
        "absolute path, ? and # written as %3F and %23) or to s3://bucket/prefix."
    )
