"""Rules of locations."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_storage.locations import (
    location_of,
    location_of_object,
    object_key_of,
    path_of,
    split_s3_url,
)

#: All that Linux takes as a path: any bytes but NUL.
PATHS = st.binary(max_size=60).map(
    lambda raw: Path("/" + os.fsdecode(raw.replace(b"\0", b"").lstrip(b"/")))
)


@given(PATHS)
def test_every_path_comes_back_from_its_location(path: Path) -> None:
    assert path_of(location_of(path)) == path


@given(PATHS)
def test_the_location_of_a_file_is_plain_ascii_that_any_database_takes(path: Path) -> None:
    location = location_of(path)
    assert location.startswith("file:///")
    assert location.isascii()
    assert location.isprintable()


def test_a_relative_path_has_no_location() -> None:
    """A worker's current folder is not the producer's."""
    with pytest.raises(ValueError, match="relative"):
        location_of(Path("scans/a.pdf"))


@pytest.mark.parametrize(
    "location",
    ["/abs/a.pdf", "object:inputs/ab/abc", "s3://bucket/a.pdf", "file://host/a.pdf", "file:a", ""],
)
def test_what_is_no_file_location_has_no_path(location: str) -> None:
    with pytest.raises(ValueError, match="not the location of a local file"):
        path_of(location)


def test_only_the_location_of_an_object_has_a_key() -> None:
    assert object_key_of(location_of_object("inputs/ab/abc")) == "inputs/ab/abc"
    assert object_key_of("file:///inputs/ab/abc") is None
    assert object_key_of("s3://bucket/object:1") is None


@pytest.mark.parametrize(
    ("text", "bucket_and_key"),
    [
        ("s3://bucket/a/b.pdf", ("bucket", "a/b.pdf")),
        ("s3://bucket/a/", ("bucket", "a/")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://bucket", ("bucket", "")),
        # Ordinary characters of a key, not parts of a URL.
        ("s3://bucket/100%25 ?a=b#c\n.pdf", ("bucket", "100%25 ?a=b#c\n.pdf")),
        ("s3://bucket//a", ("bucket", "/a")),
        ("s3://", None),
        ("s3:///a", None),
        ("/s3://bucket/a", None),
        # No S3 key: not text.
        ("s3://bucket/\udcff", None),
        ("s3://bucket/\0", None),
    ],
)
def test_s3_urls_part_into_bucket_and_key(
    text: str, bucket_and_key: tuple[str, str] | None
) -> None:
    assert split_s3_url(text) == bucket_and_key
