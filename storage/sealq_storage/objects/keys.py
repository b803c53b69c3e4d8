"""Object keys. They come from content, never from names: two `invoice.pdf` can't meet."""

from __future__ import annotations

#: Name of the JSON object below a reading's prefix.
READING_JSON = "reading.json"

#: Names of pictures have no ending until they are stored: so far all are JPEGs.
PICTURE_ENDING = ".jpg"
#: The page as it was rendered, with nothing drawn on it.
PAGE_PICTURE = "page"

#: Digits of the pipeline digest in a key: 64 bits, beside the content's full sha256.
_DIGEST_DIGITS = 16


def input_key(sha256: str) -> str:
    """Key of a document's bytes."""
    return f"inputs/{sha256[:2]}/{sha256}"


def reading_prefix(sha256: str, page_number: int, pipeline_digest: str) -> str:
    """Prefix of all objects of one reading."""
    digest = pipeline_digest[:_DIGEST_DIGITS]
    return f"readings/{sha256[:2]}/{sha256}/p{page_number:05d}/{digest}"


def region_picture(region: int) -> str:
    """Name of the picture of a region, as it was rendered."""
    return f"region{region}"


def line_picture(region: int, line: int) -> str:
    """Name of the picture of a line of a region, straightened as the recogniser sees it."""
    return f"region{region}_line{line}"
