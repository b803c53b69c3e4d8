"""Objects in an S3 bucket, and the S3 client that fetching and listing share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sealq_storage.errors import ObjectNotFoundError, ObjectStoreError
from sealq_storage.objects.base import check_by_probe, checked

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

#: Seconds until an endpoint that does not answer counts as gone.
_CONNECT_SECONDS = 5

#: Seconds without a byte of an answer.
_READ_SECONDS = 60

#: Tries of one request, the first one included.
_TRIES = 4

#: HTTP statuses from here on are the server's own trouble.
_SERVER_TROUBLE = 500

#: Error codes of "there is no such object". A HEAD has no body, hence the bare status.
_MISSING_CODES = frozenset({"NoSuchKey", "404"})

#: Error codes of "you may not", from S3 and its work-alikes.
_REFUSED_CODES = frozenset(
    {
        "403",
        "AccessDenied",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)

_CREDENTIALS_REMEDY = (
    "Give credentials the way the AWS tools take them (AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role)"
)
_REFUSED_REMEDY = (
    f"{_CREDENTIALS_REMEDY} that may get, put and delete these objects and list the bucket "
    "(without listing, a missing object reads as a refusal), and check this host's clock"
)
_BUCKET_REMEDY = "Create the bucket, or correct its name in the URL"
_ENDPOINT_REMEDY = (
    "Check the endpoint (SEALQ_S3_ENDPOINT_URL, for inputs SEALQ_INPUT_S3_ENDPOINT_URL), "
    "the bucket's name, and the network between"
)


def s3_client(endpoint_url: str | None) -> S3Client:
    """Make a client; it connects only when it is used, and threads may share it.

    An endpoint is addressed in path style, unless the AWS configuration file asks for `virtual`,
    as some S3 work-alikes need.

    Args:
        endpoint_url: Where S3 answers; None for AWS or what `AWS_ENDPOINT_URL` names.

    Raises:
        ObjectStoreError: The endpoint is no URL, or the AWS configuration can't be used.
    """
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        # The newer checksums come as HTTP trailers, which many S3 work-alikes refuse.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with s3_errors(endpoint_url or "s3://"):
        try:
            # A session of its own: making a client from boto3's shared one is not thread-safe.
            return boto3.session.Session().client("s3", endpoint_url=endpoint_url, config=config)
        except ValueError as exc:
            raise ObjectStoreError(f"{exc}. It must start with http:// or https://.") from exc


@contextmanager
def s3_errors(url: str) -> Iterator[None]:
    """Turn what S3 and its client say, as far as it is understood, into an error with the remedy.

    Args:
        url: What is being used, for the message.

    Raises:
        ObjectStoreError: No credentials, no bucket, no answer, refused, or the server fails.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from s3transfer.exceptions import RetriesExceededError

    try:
        yield
    except ClientError as exc:
        remedy = _remedy_of_answer(exc)
        if remedy is None:
            raise
        raise ObjectStoreError(f"{url} can't be used: {exc}. {remedy}.") from exc
    except (BotoCoreError, RetriesExceededError) as exc:
        # A transfer that gave up says only that; its last exception says why.
        reason = str(getattr(exc, "last_exception", exc)).rstrip(".")
        raise ObjectStoreError(f"{url} can't be used: {reason}. {_remedy(exc)}.") from exc


def is_missing(error: ClientError) -> bool:
    """Say whether S3's answer means that there is no such object."""
    return error.response["Error"]["Code"] in _MISSING_CODES


class S3Objects:
    """An `ObjectStore` in a bucket, below a prefix."""

    def __init__(self, url: str, bucket: str, prefix: str, endpoint_url: str | None) -> None:
        self._url = url
        self._bucket = bucket
        self._prefix = prefix
        self._endpoint_url = endpoint_url

    @property
    def url(self) -> str:
        """The URL that the store was opened with."""
        return self._url

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store bytes."""
        full = self._full(key)
        with s3_errors(self._url):
            self._client.put_object(
                Bucket=self._bucket, Key=full, Body=data, ContentType=content_type
            )

    def put_file(self, key: str, path: Path) -> None:
        """Store a file's content in parts of a few MiB."""
        full = self._full(key)
        # Not `upload_file`: it hides the server's answer in a text.
        with path.open("rb") as source, s3_errors(self._url):
            self._client.upload_fileobj(source, self._bucket, full)

    def get(self, key: str) -> bytes:
        """Return an object's bytes."""
        full = self._full(key)
        with s3_errors(self._url), self._missing_as_not_found(key):
            return self._client.get_object(Bucket=self._bucket, Key=full)["Body"].read()

    def as_file(self, key: str, temporary: Path) -> Path:
        """Fetch the object, in ranges at once, into the temporary file and return that."""
        full = self._full(key)
        with (
            temporary.open("wb") as target,
            s3_errors(self._url),
            self._missing_as_not_found(key),
        ):
            self._client.download_fileobj(self._bucket, full, target)
        return temporary

    def exists(self, key: str) -> bool:
        """Say whether there is an object under the key; in a missing bucket there is none."""
        full = self._full(key)
        try:
            with s3_errors(self._url), self._missing_as_not_found(key):
                self._client.head_object(Bucket=self._bucket, Key=full)
        except ObjectNotFoundError:
            return False
        return True

    def locate(self, key: str) -> str:
        """Return the `s3://` URL of the object."""
        return f"s3://{self._bucket}/{self._full(key)}"

    def check(self) -> None:
        """Write, read back and delete a small object."""
        check_by_probe(self, self._delete)

    def _delete(self, key: str) -> None:
        with s3_errors(self._url):
            self._client.delete_object(Bucket=self._bucket, Key=self._full(key))

    @cached_property
    def _client(self) -> S3Client:
        return s3_client(self._endpoint_url)

    def _full(self, key: str) -> str:
        return f"{self._prefix}/{checked(key)}" if self._prefix else checked(key)

    @contextmanager
    def _missing_as_not_found(self, key: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        try:
            yield
        except ClientError as exc:
            if not is_missing(exc):
                raise
            raise ObjectNotFoundError(f"There is no object {self.locate(key)}.") from exc


def _remedy_of_answer(error: ClientError) -> str | None:
    code = error.response["Error"]["Code"]
    if code == "NoSuchBucket":
        return _BUCKET_REMEDY
    if code in _REFUSED_CODES:
        return _REFUSED_REMEDY
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_TROUBLE:
        return "The server has trouble of its own: see its log, then try again"
    return None


def _remedy(error: Exception) -> str:
    from botocore.exceptions import (
        CredentialRetrievalError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
    )

    credentials = (
        CredentialRetrievalError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
    )
    return _CREDENTIALS_REMEDY if isinstance(error, credentials) else _ENDPOINT_REMEDY
