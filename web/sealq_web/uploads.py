"""Bytes that came by HTTP become objects, and documents of a job."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import BinaryIO

from sealq_configs.text import printable
from sealq_producer.intake import Taken
from sealq_storage.locations import location_of_object
from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import input_key

_BLOCK_BYTES = 1 << 20


def store_bytes(objects: ObjectStore, name: str, content: bytes, media_type: str) -> Taken:
    """Store a document that is in memory."""
    sha256 = hashlib.sha256(content).hexdigest()
    key = input_key(sha256)
    if not objects.exists(key):
        objects.put(key, content, media_type)
    return Taken(name, location_of_object(key), len(content), sha256)


def store_stream(objects: ObjectStore, name: str, stream: BinaryIO, max_bytes: int) -> Taken:
    """Store a document that comes as a stream; one that is too large fails, with its reason."""
    shown = printable(name)
    digest, size = hashlib.sha256(), 0
    # By way of a file of our own: its key is known when the last byte has come.
    with tempfile.NamedTemporaryFile(prefix="sealq-") as copy:
        while block := stream.read(_BLOCK_BYTES):
            size += len(block)
            if size > max_bytes:
                return _too_large(shown, max_bytes)
            digest.update(block)
            copy.write(block)
        copy.flush()
        key = input_key(digest.hexdigest())
        if not objects.exists(key):
            objects.put_file(key, Path(copy.name))
    return Taken(shown, location_of_object(key), size, digest.hexdigest())


def _too_large(name: str, max_bytes: int) -> Taken:
    return Taken(
        name,
        name,
        error_code="too_large",
        error=f"{name}: has more than the {max_bytes:,} bytes allowed. Split it, or raise "
        "SEALQ_MAX_DOCUMENT_BYTES, then send it again.",
    )
