"""What the local object store promises beyond the contract."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from sealq_storage.errors import ObjectStoreError
from sealq_storage.objects import ObjectStore, open_objects

KEY = "readings/ab/cd.json"
JSON = "application/json"
MIB = 1 << 20


def test_a_killed_write_leaves_the_old_object(local_objects: ObjectStore, tmp_path: Path) -> None:
    local_objects.put(KEY, b"old", JSON)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = (
        "import sys; from pathlib import Path; from sealq_storage.objects import open_objects;"
        "open_objects(sys.argv[1]).put_file(sys.argv[2], Path(sys.argv[3]))"
    )
    with subprocess.Popen([sys.executable, "-c", code, local_objects.url, KEY, fifo]) as writer:
        with fifo.open("wb") as source:
            # The pipe holds 64 KiB: by now the writer has taken most of it.
            source.write(bytes(4 * MIB))
            writer.kill()
        assert writer.wait() == -signal.SIGKILL
    left = [path.name for path in Path(local_objects.locate(KEY)).parent.iterdir()]
    assert local_objects.get(KEY) == b"old"
    assert len(left) == 2, "the writer was killed in the middle of its write"
    assert all(name == "cd.json" or name.startswith(".") for name in left)


def test_a_failed_write_leaves_no_file(local_objects: ObjectStore, tmp_path: Path) -> None:
    local_objects.put("a/b", b"old", JSON)  # no file can take the place of the folder `a`
    with pytest.raises(ObjectStoreError, match="SEALQ_OBJECTS_URL"):
        local_objects.put("a", b"new", JSON)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [Path(local_objects.locate("a/b"))]


def test_put_file_does_not_hold_the_file_in_memory(
    local_objects: ObjectStore, tmp_path: Path
) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(64 * MIB)
    tracemalloc.start()
    local_objects.put_file(KEY, tmp_path / "big")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB


def test_an_object_is_its_own_file(local_objects: ObjectStore, tmp_path: Path) -> None:
    local_objects.put(KEY, b"x", JSON)
    assert str(local_objects.as_file(KEY, tmp_path / "temporary")) == local_objects.locate(KEY)
    assert not (tmp_path / "temporary").exists()


def test_objects_follow_the_users_umask(local_objects: ObjectStore) -> None:
    """A producer and a worker of one group share a folder."""
    before = os.umask(0o027)
    try:
        local_objects.put(KEY, b"x", JSON)
    finally:
        os.umask(before)
    assert Path(local_objects.locate(KEY)).stat().st_mode & 0o777 == 0o640


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = open_objects((tmp_path / "file" / "objects").as_uri())
    with pytest.raises(ObjectStoreError, match=r"file/objects.*SEALQ_OBJECTS_URL"):
        store.check()
