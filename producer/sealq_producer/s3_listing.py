"""Sources in S3: one object, or all below a prefix. Objects are listed, never downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sealq_configs.text import printable
from sealq_producer.globs import Globs
from sealq_producer.sources import ARCHIVE_SUFFIXES, Skipped, SkipReason, Source, WalkLimits
from sealq_storage.media import DOCUMENT_SUFFIXES
from sealq_storage.objects.s3 import is_missing, s3_client, s3_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Listing:
    """What the user names in S3. A key that is empty or ends in `/` is a prefix.

    All methods raise `ObjectStoreError`, with the remedy, where S3 can't be used.
    """

    def __init__(
        self, endpoint_url: str | None, globs: Globs, skipped: Skipped, limits: WalkLimits
    ) -> None:
        self._endpoint_url = endpoint_url
        self._globs = globs
        self._skipped = skipped
        self._limits = limits

    def has(self, bucket: str, key: str) -> bool:
        """Say whether there is such an object, or any object below the prefix."""
        with s3_errors(_url(bucket, key)):
            if _is_prefix(key):
                return bool(
                    self._client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)["KeyCount"]
                )
            return self._has_object(bucket, key)

    def sources(self, bucket: str, key: str) -> Iterator[Source]:
        """Yield the object, or the documents below the prefix in the order of their keys.

        Raises:
            SourceRefusedError: The prefix holds too many objects.
        """
        if not _is_prefix(key):
            url = _url(bucket, key)
            yield Source(printable(url), url=url)
            return
        number = 0
        for number, (found, size) in enumerate(self._below(bucket, key), start=1):
            self._limits.check_files(number, _url(bucket, key))
            url = _url(bucket, found)
            reason = self._reason_to_skip(found.removeprefix(key))
            if reason is None:
                yield Source(printable(url), size=size, url=url)
            else:
                self._skipped.add(reason, url)
        if not number:
            self._skipped.add(SkipReason.EMPTY_PREFIX, _url(bucket, key))

    @cached_property
    def _client(self) -> S3Client:
        return s3_client(self._endpoint_url)

    def _has_object(self, bucket: str, key: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as exc:
            if not is_missing(exc):
                raise
            return False
        return True

    def _below(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        with s3_errors(_url(bucket, prefix)):
            for page in pages:
                for entry in page.get("Contents", ()):
                    # Tools make empty objects that end in a slash to show a folder.
                    if not entry["Key"].endswith("/"):
                        yield entry["Key"], entry["Size"]

    def _reason_to_skip(self, path: str) -> SkipReason | None:
        if any(part.startswith(".") for part in path.split("/")):
            return SkipReason.HIDDEN
        if self._globs.excludes(path):
            return SkipReason.EXCLUDED
        if not self._globs.includes(path):
            return SkipReason.NOT_INCLUDED
        # A pattern stands in for the suffix: the content can't tell without a download.
        if self._globs.include or PurePosixPath(path).suffix.lower() in DOCUMENT_SUFFIXES:
            return None
        holds_files = PurePosixPath(path).suffix.lower() in ARCHIVE_SUFFIXES
        return SkipReason.ARCHIVE if holds_files else SkipReason.NOT_A_DOCUMENT


def _is_prefix(key: str) -> bool:
    return not key or key.endswith("/")


def _url(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"
