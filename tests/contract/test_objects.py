"""What every object store promises, whichever it is, and how a URL names one."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sealq_storage.errors import InvalidKeyError, ObjectNotFoundError, ObjectStoreError
from sealq_storage.objects import ObjectStore, open_objects

KEY = "readings/ab/cd.json"
JSON = "application/json"
MIB = 1 << 20


class TestEveryStore:
    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty"),
            pytest.param(bytes(range(256)), id="every byte"),
            pytest.param(b"\r\n\x00\r\n", id="line ends and NUL"),
        ],
    )
    def test_bytes_come_back_as_they_were(self, objects: ObjectStore, data: bytes) -> None:
        objects.put(KEY, data, JSON)
        assert objects.get(KEY) == data

    def test_a_put_replaces_the_object(self, objects: ObjectStore) -> None:
        objects.put(KEY, b"a long first value", JSON)
        objects.put(KEY, b"second", JSON)
        assert objects.get(KEY) == b"second"

    def test_objects_of_different_keys_do_not_meet(self, objects: ObjectStore) -> None:
        objects.put("a/one", b"1", JSON)
        objects.put("b/one", b"2", JSON)
        assert (objects.get("a/one"), objects.get("b/one")) == (b"1", b"2")

    def test_a_missing_object_is_named_by_its_place(self, objects: ObjectStore) -> None:
        with pytest.raises(ObjectNotFoundError) as caught:
            objects.get(KEY)
        assert objects.locate(KEY) in str(caught.value)

    def test_exists_says_what_get_would_find(self, objects: ObjectStore) -> None:
        assert not objects.exists(KEY)
        objects.put(KEY, b"x", JSON)
        assert objects.exists(KEY)

    def test_the_beginning_of_a_key_is_no_object(self, objects: ObjectStore) -> None:
        objects.put("readings/ab/cd.json", b"x", JSON)
        assert not objects.exists("readings/ab")
        with pytest.raises(ObjectNotFoundError):
            objects.get("readings/ab")

    def test_an_object_is_no_folder(self, objects: ObjectStore) -> None:
        objects.put("readings", b"x", JSON)
        assert not objects.exists("readings/ab")
        with pytest.raises(ObjectNotFoundError):
            objects.get("readings/ab")

    def test_a_big_file_is_stored_whole(self, objects: ObjectStore, tmp_path: Path) -> None:
        # Larger than a part of an S3 upload, and no multiple of one.
        data = os.urandom(20 * MIB + 7)
        (tmp_path / "big.pdf").write_bytes(data)
        objects.put_file(KEY, tmp_path / "big.pdf")
        assert hashlib.sha256(objects.get(KEY)).digest() == hashlib.sha256(data).digest()

    def test_an_object_is_read_as_a_file(self, objects: ObjectStore, tmp_path: Path) -> None:
        data = os.urandom(20 * MIB + 7)
        objects.put(KEY, data, JSON)
        assert objects.as_file(KEY, tmp_path / "temporary").read_bytes() == data

    def test_a_missing_object_is_no_file(self, objects: ObjectStore, tmp_path: Path) -> None:
        with pytest.raises(ObjectNotFoundError) as caught:
            objects.as_file(KEY, tmp_path / "temporary")
        assert objects.locate(KEY) in str(caught.value)

    def test_put_file_replaces_the_object(self, objects: ObjectStore, tmp_path: Path) -> None:
        objects.put(KEY, b"old", JSON)
        (tmp_path / "new").write_bytes(b"new")
        objects.put_file(KEY, tmp_path / "new")
        assert objects.get(KEY) == b"new"

    def test_a_source_that_is_missing_is_not_blamed_on_the_store(
        self, objects: ObjectStore, tmp_path: Path
    ) -> None:
        with pytest.raises(FileNotFoundError):
            objects.put_file(KEY, tmp_path / "nothing")
        assert not objects.exists(KEY)

    def test_concurrent_puts_leave_one_whole_value(self, objects: ObjectStore) -> None:
        values = [bytes([n]) * (MIB + n) for n in range(8)]
        objects.put(KEY, values[0], JSON)
        with ThreadPoolExecutor(8) as pool:
            puts = [pool.submit(objects.put, KEY, value, JSON) for value in values]
            seen = [pool.submit(objects.get, KEY) for _ in values]
            for put in puts:
                put.result()
            assert all(got.result() in values for got in seen)
        assert objects.get(KEY) in values

    @pytest.mark.parametrize(
        "key",
        [
            pytest.param("", id="empty"),
            pytest.param("/etc/passwd", id="absolute"),
            pytest.param("..", id="parent"),
            pytest.param("inputs/../../x", id="climbs out"),
            pytest.param("inputs/./x", id="dot"),
            pytest.param("inputs//x", id="empty part"),
            pytest.param("inputs/", id="a folder"),
            pytest.param("inputs/.x", id="hidden: the name of a half-written file"),
            pytest.param("inputs\\x", id="backslash"),
            pytest.param("inputs/\0x", id="NUL"),
            pytest.param("inputs/x\n", id="line end"),
            pytest.param("inputs/\x7f", id="control character"),
            pytest.param("inputs/\udcff", id="no Unicode"),
        ],
    )
    def test_a_bad_key_is_refused_by_every_method(
        self, objects: ObjectStore, key: str, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_bytes(b"x")
        for use in (
            lambda: objects.put(key, b"x", JSON),
            lambda: objects.put_file(key, tmp_path / "file"),
            lambda: objects.get(key),
            lambda: objects.as_file(key, tmp_path / "temporary"),
            lambda: objects.exists(key),
            lambda: objects.locate(key),
        ):
            with pytest.raises(InvalidKeyError, match="can't be an object key"):
                use()

    def test_check_passes_and_leaves_nothing(self, objects: ObjectStore, tmp_path: Path) -> None:
        objects.check()
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("/srv/objects", id="a path"),
            pytest.param("objects", id="a word"),
            pytest.param("", id="nothing"),
            pytest.param("file://objects", id="two slashes: a host"),
            pytest.param("file:///a#b", id="an unescaped #"),
            pytest.param("file:///a?b", id="an unescaped ?"),
            pytest.param("s3:///prefix", id="no bucket"),
            pytest.param("https://bucket.s3.amazonaws.com", id="another scheme"),
        ],
    )
    def test_any_other_url_is_refused_with_the_remedy(self, url: str) -> None:
        with pytest.raises(ObjectStoreError, match=r"SEALQ_OBJECTS_URL to file:///.*s3://bucket"):
            open_objects(url)

    def test_a_store_keeps_its_url(self, objects: ObjectStore) -> None:
        assert open_objects(objects.url).url == objects.url

    def test_a_local_object_lies_at_an_absolute_path(
        self, local_objects: ObjectStore, tmp_path: Path
    ) -> None:
        local_objects.put(KEY, b"x", JSON)
        assert local_objects.locate(KEY) == str(tmp_path / "objects #1 文件" / KEY)
        assert Path(local_objects.locate(KEY)).read_bytes() == b"x"

    @pytest.mark.parametrize(
        ("url", "place"),
        [
            ("s3://b", "s3://b/k"),
            ("s3://b/", "s3://b/k"),
            ("s3://b/p/q/", "s3://b/p/q/k"),
            ("s3://b/a%20b#c?d", "s3://b/a%20b#c?d/k"),  # S3 URLs are taken literally
        ],
    )
    def test_an_s3_object_lies_below_the_prefix(self, url: str, place: str) -> None:
        assert open_objects(url).locate("k") == place
