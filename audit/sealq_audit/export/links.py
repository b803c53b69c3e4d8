"""Where a reader of an export finds a picture or a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sealq_storage.objects import ObjectStore
from sealq_storage.objects.s3 import s3_client


@dataclass(frozen=True)
class Links:
    """Makes links of object keys.

    Attributes:
        objects: Where the pictures lie.
        web: Beginning of the web pages' addresses; None: links lead to the pictures themselves.
        sign: Makes an `s3://` URL one that a browser opens; None: it stays as it is.
    """

    objects: ObjectStore
    web: str | None = None
    sign: Callable[[str], str] | None = None

    def picture(self, key: str | None, job: str, document_id: int, page: int | None) -> str | None:
        """Return where a picture, or the page on which it is shown, can be opened."""
        if self.web is not None:
            return self._page(job, document_id, page)
        return self._object(key) if key is not None else None

    def _page(self, job: str, document_id: int, page: int | None) -> str:
        document = f"{(self.web or '').rstrip('/')}/jobs/{quote(job)}/documents/{document_id}"
        return document if page is None else f"{document}/pages/{page}"

    def _object(self, key: str) -> str:
        place = self.objects.locate(key)
        if not place.startswith("s3://"):
            return Path(place).as_uri()
        return self.sign(place) if self.sign else place


def signer(endpoint_url: str | None, hours: int) -> Callable[[str], str]:
    """Return what makes `s3://` URLs open for everybody who has them, for some hours.

    Args:
        endpoint_url: Where S3 answers; None for AWS.
        hours: S3 allows 168 at most.
    """
    client = s3_client(endpoint_url)

    def signed(url: str) -> str:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        return client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=hours * 3600
        )

    return signed
