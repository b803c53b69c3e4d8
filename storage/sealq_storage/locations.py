"""Locations: where a worker fetches a document's bytes. The producer writes them, SQL keeps them.

A location is `file:///abs/path`, `object:KEY` (in the object store) or `s3://BUCKET/KEY`. Paths are
percent-encoded byte by byte, so that names which are no text survive; S3 keys stand as they are.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

_FILE_SCHEME = "file://"
_OBJECT_SCHEME = "object:"

# No URL parser: `?`, `#` and `%` are ordinary characters of an S3 key, which can hold all text but
# neither NUL nor bytes that are no text (surrogates, PEP 383).
_S3_URL = re.compile(r"s3://(?P<bucket>[^/\0\ud800-\udfff]+)(?:/(?P<key>[^\0\ud800-\udfff]*))?")


def location_of(path: Path) -> str:
    """Return the location of a local file.

    Raises:
        ValueError: The path is relative.
    """
    return path.as_uri()


def path_of(location: str) -> Path:
    """Return the local file at a location; the inverse of `location_of`.

    Raises:
        ValueError: It is no location of a local file.
    """
    quoted = location.removeprefix(_FILE_SCHEME)
    if quoted == location or not quoted.startswith("/"):
        raise ValueError(f"{location} is not the location of a local file")
    return Path(os.fsdecode(unquote_to_bytes(quoted)))


def location_of_object(key: str) -> str:
    """Return the location of an object in the object store."""
    return _OBJECT_SCHEME + key


def object_key_of(location: str) -> str | None:
    """Return the object's key; None where the location is none of an object."""
    key = location.removeprefix(_OBJECT_SCHEME)
    return None if key == location else key


def split_s3_url(url: str) -> tuple[str, str] | None:
    """Return bucket and key (empty where there is none); None where this is no S3 URL."""
    match = _S3_URL.fullmatch(url)
    return (match["bucket"], match["key"] or "") if match else None
