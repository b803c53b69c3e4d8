"""The model folder: a real pip fetches real wheels from a small package index on this machine."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import sys
import threading
import venv
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path

import pytest

from sealq_configs.catalogue import CATALOGUE, Asset, Bundled, CatalogueFile, Wheel, WheelMember
from sealq_configs.errors import ModelError
from sealq_configs.model_cache import FONT, ModelCache
from sealq_configs.staging import install

WEIGHTS = Wheel("sealq-test-weights", "1.0", ())
#: For another system than any that sealq runs on: only found when it is asked for by its tags.
FONTS = Wheel(
    "sealq-test-fonts",
    "2.0",
    (
        "--platform",
        "win_amd64",
        "--implementation",
        "cp",
        "--python-version",
        "3.9",
        "--abi",
        "abi3",
    ),
)

MEMBERS = {
    WEIGHTS: {"w/one.onnx": b"one" * 9, "w/two.onnx": bytes(1 << 20), "w/two.yml": b"two: 2"},
    FONTS: {"f/font.ttf": b"a font"},
}
WHEEL_FILES = {
    WEIGHTS: "sealq_test_weights-1.0-py3-none-any.whl",
    FONTS: "sealq_test_fonts-2.0-cp39-abi3-win_amd64.whl",
}


def member(name: str, wheel: Wheel, path: str) -> CatalogueFile:
    content = MEMBERS[wheel][path]
    sha256 = hashlib.sha256(content).hexdigest()
    return CatalogueFile(name, sha256, len(content), WheelMember(wheel, path))


def bundled_file(name: str, asset: Asset) -> CatalogueFile:
    """Return a file that is really in sealq's package."""
    return next(
        file for file in asset.files if file.name == name and isinstance(file.source, Bundled)
    )


def asset(name: str, *files: CatalogueFile) -> Asset:
    return Asset(name, "font" if name == FONT else "model", name, "for tests", "none", files)


ONE = asset(
    "one",
    member("inference.onnx", WEIGHTS, "w/one.onnx"),
    bundled_file("inference.yml", CATALOGUE["PP-LCNet_x1_0_doc_ori"]),
)
TWO = asset(
    "two",
    member("inference.onnx", WEIGHTS, "w/two.onnx"),
    member("inference.yml", WEIGHTS, "w/two.yml"),
)
FONT_ASSET = asset(FONT, member(f"{FONT}.ttf", FONTS, "f/font.ttf"))
INSIDE = CATALOGUE["seal_locator"]

ASSETS = {asset.name: asset for asset in (INSIDE, ONE, TWO, FONT_ASSET)}


def write_wheel(path: Path, wheel: Wheel, members: Mapping[str, bytes]) -> None:
    info = f"{wheel.project.replace('-', '_')}-{wheel.version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {wheel.project}\nVersion: {wheel.version}\n"
    tag = path.stem.split("-", 2)[2]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")


@dataclass
class Index:
    """A package index: a folder per project, served as pages of links."""

    folder: Path
    #: Paths that were asked for.
    asked: list[str] = field(default_factory=list)

    def publish(self, wheel: Wheel, members: Mapping[str, bytes]) -> None:
        folder = self.folder / wheel.project
        folder.mkdir(exist_ok=True)
        write_wheel(folder / WHEEL_FILES[wheel], wheel, members)

    def remove(self, wheel: Wheel) -> None:
        shutil.rmtree(self.folder / wheel.project)

    def downloads(self, wheel: Wheel) -> int:
        return self.asked.count(f"/{wheel.project}/{WHEEL_FILES[wheel]}")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Serve both wheels to a pip that knows of no other index."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    index = Index(tmp_path / "index")
    index.folder.mkdir()
    for wheel, members in MEMBERS.items():
        index.publish(wheel, members)

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            index.asked.append(self.path)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(index.folder))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/")
        yield index
        server.shutdown()


@pytest.fixture
def cache(tmp_path: Path) -> ModelCache:
    return ModelCache(tmp_path / "models", ASSETS)


def states(cache: ModelCache, *names: str) -> dict[str, str]:
    return {file.name: file.state for model in cache.status(names) for file in model.files}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


def refused_pull(cache: ModelCache, *names: str) -> str:
    with pytest.raises(ModelError) as error:
        cache.pull(names)
    return str(error.value)


def test_a_pull_brings_all_files_whole_and_each_wheel_once(index: Index, cache: ModelCache) -> None:
    lines: list[str] = []
    cache.pull(report=lines.append)
    assert all(model.here for model in cache.verify())
    assert names_in(cache.folder) == {"one", "two", FONT}
    assert (index.downloads(WEIGHTS), index.downloads(FONTS)) == (1, 1)
    assert [line for line in lines if WEIGHTS.project in line] == [f"Fetching {WEIGHTS}"]


def test_a_model_is_fetched_when_its_folder_is_first_asked_for(
    index: Index, cache: ModelCache
) -> None:
    folder = cache.directory("one")
    assert (folder / "inference.onnx").read_bytes() == MEMBERS[WEIGHTS]["w/one.onnx"]
    assert names_in(folder) == {"inference.onnx", "inference.yml"}
    assert index.downloads(FONTS) == 0


def test_a_font_for_any_system_is_had_on_this_one(index: Index, cache: ModelCache) -> None:
    assert cache.font().read_bytes() == MEMBERS[FONTS]["f/font.ttf"]
    assert index.downloads(FONTS) == 1


def test_what_is_here_is_used_without_a_network_or_pip(
    index: Index, cache: ModelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.pull()
    index.asked.clear()
    monkeypatch.setattr(sys, "executable", "/no/python")
    again = ModelCache(cache.folder, ASSETS)
    again.pull()
    assert again.directory("two") == cache.folder / "two"
    assert index.asked == []


def test_a_model_that_the_package_holds_is_used_in_place(cache: ModelCache) -> None:
    folder = cache.directory(INSIDE.name)
    assert names_in(folder) == {"inference.onnx", "inference.yml"}
    assert not cache.folder.exists()


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("harm", "state"),
    [
        (lambda path: path.unlink(), "missing"),
        (lambda path: path.write_bytes(b"short"), "damaged"),
        (lambda path: path.write_bytes(bytes(path.stat().st_size - 1) + b"1"), "damaged"),
    ],
    ids=["gone", "cut short", "changed at the same size"],
)
def test_a_file_that_is_not_as_it_should_be_is_seen_and_mended_alone(
    cache: ModelCache, harm: object, state: str
) -> None:
    folder = cache.directory("two")
    untouched = (folder / "inference.yml").stat().st_ino
    assert callable(harm)
    harm(folder / "inference.onnx")
    assert states(cache, "two") == {"inference.onnx": state, "inference.yml": "here"}
    cache.directory("two")
    assert all(model.here for model in cache.verify(["two"]))
    assert (folder / "inference.yml").stat().st_ino == untouched


@pytest.mark.usefixtures("index")
def test_verify_finds_a_change_that_left_size_and_time_as_they_were(cache: ModelCache) -> None:
    file = cache.directory("one") / "inference.onnx"
    cache.status()
    before = file.stat()
    with file.open("r+b") as handle:
        handle.write(b"X")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [model.here for model in cache.verify(["one"])] == [False]


def test_other_bytes_than_the_catalogue_s_are_refused_and_leave_nothing(
    index: Index, cache: ModelCache
) -> None:
    index.publish(WEIGHTS, MEMBERS[WEIGHTS] | {"w/two.yml": b"two: 3"})
    text = refused_pull(cache, "two")
    for part in ("two can't be had", "inference.yml", TWO.files[1].sha256, str(WEIGHTS)):
        assert part in text
    assert names_in(cache.folder) == set()


def test_a_wheel_without_the_file_is_refused_by_the_file_s_name(
    index: Index, cache: ModelCache
) -> None:
    index.publish(WEIGHTS, {"w/one.onnx": MEMBERS[WEIGHTS]["w/one.onnx"]})
    assert "no readable w/two.onnx" in refused_pull(cache, "two")
    assert names_in(cache.folder) == set()


def test_a_failed_fetch_names_models_reason_and_remedy_and_is_tried_once(
    index: Index, cache: ModelCache
) -> None:
    index.remove(WEIGHTS)
    text = refused_pull(cache, "one", "two")
    assert "one, two can't be had" in text
    assert "No matching distribution found for sealq-test-weights==1.0" in text
    assert "Run `sealq models pull one two`" in text
    assert f"copy the folder {cache.folder}" in text
    assert index.asked.count(f"/{WEIGHTS.project}/") == 1
    assert names_in(cache.folder) == set()


def test_what_can_be_had_is_fetched_although_the_rest_can_t(
    index: Index, cache: ModelCache
) -> None:
    index.remove(WEIGHTS)
    assert FONT not in refused_pull(cache, "one", FONT)
    assert cache.font().is_file()


def test_a_missing_font_can_be_replaced_by_one_s_own(index: Index, cache: ModelCache) -> None:
    index.remove(FONTS)
    with pytest.raises(ModelError, match="SEALQ_FONT"):
        cache.font()


@pytest.mark.usefixtures("index")
def test_an_interpreter_without_pip_is_named_as_the_reason(
    tmp_path: Path, cache: ModelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    python = str(tmp_path / "bare/bin/python")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(sys, "executable", python)
    text = refused_pull(cache, "one")
    assert f"pip is not installed for {python}" in text
    assert "ensurepip" in text


@pytest.mark.usefixtures("index")
def test_a_disk_that_takes_no_more_leaves_no_half_model(cache: ModelCache) -> None:
    """A limit on the size of files stands for the full disk: the write fails alike."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, hard))
    try:
        text = refused_pull(cache, "two", "one")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert text.startswith("two can't be had: ")
    assert "File too large" in text
    assert names_in(cache.folder) == {"one"}


@pytest.mark.usefixtures("index")
def test_a_model_folder_that_can_t_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way", encoding="utf-8")
    text = refused_pull(ModelCache(tmp_path / "models", ASSETS), "one")
    assert "one can't be had" in text
    assert f"{tmp_path}/models" in text


@pytest.mark.usefixtures("index")
def test_what_a_killed_pull_left_is_swept_away(cache: ModelCache) -> None:
    half = cache.folder / ".pull-killed" / "one"
    half.mkdir(parents=True)
    (half / "inference.onnx").write_bytes(b"hal")
    cache.directory("one")
    assert names_in(cache.folder) == {"one"}


def test_a_new_model_appears_with_all_its_files_in_one_step(tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    staged.mkdir()
    (staged / "inference.onnx").touch()
    inode = staged.stat().st_ino
    install(staged, tmp_path / "model")
    assert (tmp_path / "model").stat().st_ino == inode


def directory_of(name: str, folder: Path) -> Path:
    """Ask for a model; a process of its own runs it."""
    return ModelCache(folder, ASSETS).directory(name)


def test_two_processes_at_first_use_fetch_once(index: Index, cache: ModelCache) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        folders = list(pool.map(directory_of, ["two", "two"], [cache.folder] * 2))
    assert folders == [cache.folder / "two"] * 2
    assert index.downloads(WEIGHTS) == 1


def test_a_damaged_package_is_to_be_installed_again(tmp_path: Path) -> None:
    broken = replace(INSIDE, files=(replace(INSIDE.files[0], sha256="0" * 64),))
    text = refused_pull(ModelCache(tmp_path, {INSIDE.name: broken}), INSIDE.name)
    assert f"{INSIDE.name} can't be had" in text
    assert "reinstall sealq" in text


def test_a_name_that_the_catalogue_lacks_is_refused_with_those_it_has(cache: ModelCache) -> None:
    with pytest.raises(ModelError, match=r"three: .* Known: seal_locator, one, two"):
        cache.directory("three")


def test_status_says_where_each_file_comes_from_and_fetches_nothing(
    index: Index, cache: ModelCache
) -> None:
    (one,) = cache.status(["one"])
    assert not one.here
    assert one.source == "wheel sealq-test-weights 1.0"
    assert [(file.state, file.source) for file in one.files] == [
        ("missing", "wheel sealq-test-weights 1.0"),
        ("missing", "bundled"),
    ]
    assert index.asked == []


def test_the_files_of_a_model_are_known_before_it_is_here(cache: ModelCache) -> None:
    assert cache.model_files("two") == {
        "inference.onnx": hashlib.sha256(MEMBERS[WEIGHTS]["w/two.onnx"]).hexdigest(),
        "inference.yml": hashlib.sha256(MEMBERS[WEIGHTS]["w/two.yml"]).hexdigest(),
    }
