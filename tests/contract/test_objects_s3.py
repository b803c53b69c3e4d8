"""What the S3 object store promises beyond the contract."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from sealq_storage.errors import ObjectStoreError
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.objects.s3 import s3_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "readings/ab/cd.json"
JSON = "application/json"


class _BreakingHandler(BaseHTTPRequestHandler):
    """Promises more bytes than it sends."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(b"too few")

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def breaking_server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _BreakingHandler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def only_known_users(s3_objects: ObjectStore, s3_server: str) -> Iterator[None]:
    """The server checks signatures; it knows no user at all."""
    del s3_objects  # its bucket is made while everyone may
    _set_open_requests(s3_server, b"0")
    yield
    _set_open_requests(s3_server, b"inf")


def _set_open_requests(endpoint: str, count: bytes) -> None:
    request = urllib.request.Request(  # noqa: S310  (our own server)
        f"{endpoint}/moto-api/reset-auth", data=count, headers={"Content-Type": "text/plain"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310  (likewise)
        assert answer.status == 200


def test_a_check_leaves_nothing_in_the_bucket(
    s3_objects: ObjectStore, s3_admin: S3Client, s3_bucket: str
) -> None:
    s3_objects.check()
    assert s3_admin.list_objects_v2(Bucket=s3_bucket)["KeyCount"] == 0


def test_objects_carry_their_content_type(
    s3_objects: ObjectStore, s3_admin: S3Client, s3_bucket: str
) -> None:
    s3_objects.put("picture.jpg", b"x", "image/jpeg")
    head = s3_admin.head_object(Bucket=s3_bucket, Key="some/prefix/picture.jpg")
    assert head["ContentType"] == "image/jpeg"


def test_a_missing_bucket_is_named_with_the_remedy(s3_server: str) -> None:
    store = open_objects("s3://no-such-bucket/x", s3_endpoint_url=s3_server)
    for use in (lambda: store.put(KEY, b"x", JSON), lambda: store.get(KEY), store.check):
        with pytest.raises(ObjectStoreError, match=r"no-such-bucket.*Create the bucket"):
            use()


@pytest.mark.usefixtures("s3_server")  # for its credentials
def test_an_endpoint_that_refuses_is_named_with_the_remedy(free_port: int) -> None:
    endpoint = f"http://127.0.0.1:{free_port}"
    store = open_objects("s3://bucket", s3_endpoint_url=endpoint)
    with pytest.raises(ObjectStoreError, match=rf"{endpoint}.*SEALQ_S3_ENDPOINT_URL"):
        store.get(KEY)


def test_an_endpoint_that_is_no_url_is_refused() -> None:
    store = open_objects("s3://bucket", s3_endpoint_url="minio:9000")
    with pytest.raises(ObjectStoreError, match=r"minio:9000.*http://"):
        store.get(KEY)


def test_missing_credentials_are_asked_for(
    s3_objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ObjectStoreError, match="AWS_ACCESS_KEY_ID"):
        s3_objects.get(KEY)


def test_a_profile_that_is_not_there_is_named(
    s3_objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ObjectStoreError, match=r"nobody.*AWS_PROFILE"):
        s3_objects.get(KEY)


@pytest.mark.usefixtures("only_known_users")
def test_refused_credentials_are_named_with_the_remedy(s3_objects: ObjectStore) -> None:
    for use in (
        lambda: s3_objects.put(KEY, b"x", JSON),
        lambda: s3_objects.get(KEY),
        lambda: s3_objects.exists(KEY),
    ):
        with pytest.raises(ObjectStoreError, match=r"AWS_ACCESS_KEY_ID.*list the bucket"):
            use()


@pytest.mark.usefixtures("s3_server")  # for its credentials
def test_a_server_that_breaks_off_is_named_with_the_remedy(
    breaking_server: str, tmp_path: Path
) -> None:
    store = open_objects("s3://bucket", s3_endpoint_url=breaking_server)
    uses = (lambda: store.get(KEY), lambda: store.as_file(KEY, tmp_path / "temporary"))
    for use in uses:
        with pytest.raises(ObjectStoreError, match=r"s3://bucket.*SEALQ_S3_ENDPOINT_URL"):
            use()


def test_an_answer_that_is_not_understood_is_left_as_it_is(
    s3_admin: S3Client, s3_bucket: str
) -> None:
    with pytest.raises(s3_admin.exceptions.ClientError), s3_errors(f"s3://{s3_bucket}"):
        s3_admin.get_bucket_lifecycle_configuration(Bucket=s3_bucket)
