"""Rules of discovery in S3, against a real S3 protocol server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from sealq_producer.discovery import Skipped, SkipReason, Source, discover
from sealq_producer.errors import SourceNotFoundError
from sealq_storage.errors import ObjectStoreError
from sealq_storage.locations import split_s3_url

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PDF = b"%PDF-1.7\n"


class Bucket:
    """A bucket with objects, and discovery in it."""

    def __init__(self, client: S3Client, name: str, endpoint_url: str) -> None:
        self.client = client
        self.name = name
        self.endpoint_url = endpoint_url
        self.skipped = Skipped()

    def put(self, *keys: str, content: bytes = PDF) -> None:
        for key in keys:
            self.client.put_object(Bucket=self.name, Key=key, Body=content)

    def url(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def discover(
        self, *arguments: str, include: list[str] | None = None, exclude: list[str] | None = None
    ) -> Iterator[Source]:
        return discover(
            arguments,
            include=include or [],
            exclude=exclude or [],
            s3_endpoint_url=self.endpoint_url,
            skipped=self.skipped,
        )

    def keys(
        self, key: str, include: list[str] | None = None, exclude: list[str] | None = None
    ) -> list[str]:
        found = self.discover(self.url(key), include=include, exclude=exclude)
        return [source.name.removeprefix(self.url("")) for source in found]


@pytest.fixture
def bucket(s3_admin: S3Client, s3_bucket: str, s3_server: str) -> Bucket:
    return Bucket(s3_admin, s3_bucket, s3_server)


def test_a_named_object_is_one_source_whatever_it_is(bucket: Bucket) -> None:
    bucket.put("notes.txt", "notes.txt.pdf")
    [source] = bucket.discover(bucket.url("notes.txt"))
    assert source == Source(bucket.url("notes.txt"), url=bucket.url("notes.txt"))


def test_below_a_prefix_documents_are_known_by_suffix_in_the_order_of_keys(bucket: Bucket) -> None:
    bucket.put("in/b.PDF", "in/a/1.png", "in/notes.txt", "in/scan", "inbox/c.pdf", "d.pdf")
    sources = list(bucket.discover(bucket.url("in/")))
    assert [source.name for source in sources] == [bucket.url("in/a/1.png"), bucket.url("in/b.PDF")]
    assert {source.size for source in sources} == {len(PDF)}
    assert bucket.skipped.examples == {
        SkipReason.NOT_A_DOCUMENT: [bucket.url("in/notes.txt"), bucket.url("in/scan")]
    }


def test_a_bucket_is_the_prefix_of_all_its_objects(bucket: Bucket) -> None:
    bucket.put("a.pdf", "in/b.pdf")
    assert bucket.keys("") == ["a.pdf", "in/b.pdf"]
    assert len(list(bucket.discover(f"s3://{bucket.name}"))) == 2


def test_the_empty_objects_that_tools_make_for_folders_are_none(bucket: Bucket) -> None:
    bucket.put("in/", "in/sub.pdf/", content=b"")
    bucket.put("in/sub.pdf/a.pdf")
    assert bucket.keys("in/") == ["in/sub.pdf/a.pdf"]
    assert not bucket.skipped.counts


def test_hidden_objects_are_passed_over_as_hidden_files_are(bucket: Bucket) -> None:
    bucket.put("in/.a.pdf", "in/.trash/b.pdf", "in/c.pdf")
    assert bucket.keys("in/") == ["in/c.pdf"]
    assert bucket.skipped.counts == {SkipReason.HIDDEN: 2}


@pytest.mark.parametrize(
    ("include", "exclude", "found"),
    [
        (["scan*"], [], ["in/2024/scan"]),  # an include stands in for the suffix
        (["2024/**"], [], ["in/2024/b.pdf", "in/2024/scan"]),
        ([], ["2024"], ["in/a.pdf"]),  # all below an excluded folder
        (["*.pdf"], ["2024/*"], ["in/a.pdf"]),  # excluding wins
    ],
)
def test_globs_choose_by_the_key_below_the_prefix(
    include: list[str], exclude: list[str], found: list[str], bucket: Bucket
) -> None:
    bucket.put("in/a.pdf", "in/2024/b.pdf", "in/2024/scan")
    assert bucket.keys("in/", include, exclude) == found


def test_odd_keys_are_shown_escaped_and_their_urls_are_exact(bucket: Bucket) -> None:
    odd = ["in/100%25 ?a=b#c&d+e.pdf", "in/a\tb\\c.pdf", "in/发票　１.pdf"]
    for key in odd:
        bucket.put(key, content=key.encode())
    sources = list(bucket.discover(bucket.url("in/")))
    assert [source.name for source in sources] == [
        bucket.url("in/100%25 ?a=b#c&d+e.pdf"),
        bucket.url(r"in/a\x09b\\c.pdf"),
        bucket.url("in/发票　１.pdf"),
    ]
    for source, key in zip(sources, odd, strict=True):
        assert source.url is not None
        assert split_s3_url(source.url) == (bucket.name, key)


def test_a_prefix_is_listed_page_by_page_as_its_sources_are_taken(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is deleted from a later page after the first source was taken does not come."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")  # the server's page, instead of 1000 keys
    bucket.put(*(f"in/{number}.pdf" for number in range(6)))
    sources = bucket.discover(bucket.url("in/"))
    first = next(sources)
    bucket.client.delete_object(Bucket=bucket.name, Key="in/4.pdf")
    assert [source.name[-5] for source in (first, *sources)] == ["0", "1", "2", "3", "5"]


@pytest.mark.parametrize("key", ["gone.pdf", "in", "gone/"])
def test_what_is_not_there_is_named_before_anything_is_yielded(key: str, bucket: Bucket) -> None:
    bucket.put("in/a.pdf")
    with pytest.raises(SourceNotFoundError, match="all below a prefix") as caught:
        bucket.discover(bucket.url("in/"), bucket.url(key))
    assert f"Not there: {bucket.url(key)}." in str(caught.value)


def test_objects_of_a_list_are_not_asked_for_one_by_one(bucket: Bucket) -> None:
    """A million round trips: the worker tells of one that is gone."""
    bucket.put("in/a.pdf")
    lines = [bucket.url("gone.pdf"), bucket.url("in/"), bucket.url("none/")]
    sources = discover(
        ["-"],
        stdin=io.StringIO("\n".join(lines)),
        s3_endpoint_url=bucket.endpoint_url,
        skipped=bucket.skipped,
    )
    assert [source.url for source in sources] == [bucket.url("gone.pdf"), bucket.url("in/a.pdf")]
    assert bucket.skipped.examples == {SkipReason.EMPTY_PREFIX: [bucket.url("none/")]}


def test_a_missing_bucket_is_an_error_with_its_remedy(s3_server: str) -> None:
    with pytest.raises(ObjectStoreError, match=r"s3://no-such-bucket/in/.*Create the bucket"):
        discover(["s3://no-such-bucket/in/"], s3_endpoint_url=s3_server, skipped=Skipped())


def test_a_bucket_that_is_gone_when_the_list_comes_to_it_is_an_error(s3_server: str) -> None:
    sources = discover(
        ["-"],
        stdin=io.StringIO("s3://no-such-bucket/in/\n"),
        s3_endpoint_url=s3_server,
        skipped=Skipped(),
    )
    with pytest.raises(ObjectStoreError, match="Create the bucket"):
        list(sources)


@pytest.mark.usefixtures("s3_server")
def test_an_endpoint_that_refuses_is_an_error_with_its_remedy(free_port: int) -> None:
    endpoint = f"http://127.0.0.1:{free_port}"
    with pytest.raises(ObjectStoreError, match="SEALQ_INPUT_S3_ENDPOINT_URL"):
        discover(["s3://bucket/in/"], s3_endpoint_url=endpoint, skipped=Skipped())


def test_missing_credentials_are_an_error_with_their_remedy(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ObjectStoreError, match="AWS_ACCESS_KEY_ID"):
        bucket.discover(bucket.url("in/"))


@pytest.fixture
def strict_bucket(bucket: Bucket) -> Iterator[Bucket]:
    """Yield a bucket whose server turns down credentials that it does not know."""
    let_in_freely(bucket.endpoint_url, "0")
    yield bucket
    let_in_freely(bucket.endpoint_url, "Infinity")


def let_in_freely(endpoint_url: str, requests: str) -> None:
    """Have the S3 server look at credentials only after so many requests."""
    connection = HTTPConnection(endpoint_url.removeprefix("http://"))
    connection.request("POST", "/moto-api/reset-auth", body=requests)
    assert connection.getresponse().status == HTTPStatus.OK
    connection.close()


@pytest.mark.parametrize("key", ["in/", "in/a.pdf"])
def test_a_refusal_is_an_error_with_its_remedy(key: str, strict_bucket: Bucket) -> None:
    with pytest.raises(ObjectStoreError, match="list the bucket"):
        strict_bucket.discover(strict_bucket.url(key))
