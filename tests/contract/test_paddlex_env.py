"""PaddleX as sealq starts it: with the OpenCV that is there, without the network, at need only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from ast import literal_eval
from importlib import resources
from pathlib import Path

import pytest
import yaml

from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import load_settings
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits, open_document
from sealq_worker.errors import ReaderError
from sealq_worker.paddlex_reader import PaddleXReader

SAMPLES = Path(__file__).parents[2] / "samples"
LIMITS = DocumentLimits(max_bytes=1 << 30, max_pages=100, max_page_pixels=1 << 28)

#: Notes every address outside this process that is asked for, and refuses it.
GUARD = """
import socket, sys
asked = []
def refuse(*address, **options):
    asked.append(address)
    raise OSError("no network here")
socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
"""

#: Reads a page, draws its pictures, says what was drawn and what was asked for.
READ_AND_DRAW = (
    GUARD
    + """
from pathlib import Path
from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits, open_document
from sealq_worker.paddlex_reader import PaddleXReader
models = ModelCache(Path(sys.argv[1]))
spec = load_preset("mobile").spec(PredictParameters())
reader = PaddleXReader(spec, Device("cpu", None), models, models.font())
limits = DocumentLimits(1 << 30, 9, 1 << 28)
with open_document(Path(sys.argv[2]), dpi=144, limits=limits) as document:
    raw = reader.read(document.page(1))
print(asked, sorted(raw.pictures))
"""
)

#: Reads a page, draws its pictures twice, says whether each is the same to the pixel.
DRAW_TWICE = (
    GUARD
    + """
from pathlib import Path
from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits, open_document
from sealq_worker.drawing import drawn
from sealq_worker.paddlex_reader import PaddleXReader
models = ModelCache(Path(sys.argv[1]))
spec = load_preset("mobile").spec(PredictParameters())
reader = PaddleXReader(spec, Device("cpu", None), models, models.font(), threads=1)
limits = DocumentLimits(1 << 30, 9, 1 << 28)
with open_document(Path(sys.argv[2]), dpi=144, limits=limits) as document:
    page = document.page(1)
result = next(iter(reader._pipeline.predict(page.image)))
theirs, ours = result.img, drawn(result)
print({name: theirs[name].tobytes() == ours[name].tobytes() for name in sorted(theirs | ours)})
"""
)

#: Imports the command line with all its commands, says which heavy packages came with it.
IMPORT_COMMANDS = """
import importlib, sys
import sealq_producer.cli as cli
for module in set(cli.COMMANDS.values()):
    importlib.import_module(f"sealq_producer.cli.{module}")
print(sorted({"paddlex", "paddle", "numpy", "cv2", "PIL", "onnxruntime"} & set(sys.modules)))
"""


def run_python(code: str, *arguments: object, home: Path) -> str:
    """Run code in a process whose home folder is empty; return what it printed at last."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def models() -> ModelCache:
    """Return the models, fetched when they are missing."""
    cache = ModelCache(load_settings().settings.models_dir)
    spec = load_preset("mobile").spec(PredictParameters())
    cache.pull([*spec.catalogued(), "DroidSansFallbackFull"])
    return cache


def test_paddlex_takes_the_headless_opencv_for_the_one_it_asks_for(tmp_path: Path) -> None:
    """PaddleX asks by distribution name, and that OpenCV needs libGL, which servers lack."""
    code = """
from importlib.metadata import PackageNotFoundError, version
try:
    print("here is", version("opencv-contrib-python"))
except PackageNotFoundError:
    from sealq_worker.paddlex_env import import_paddlex
    import_paddlex(None)
    from paddlex.utils.deps import is_extra_available
    print(is_extra_available("ocr"))
"""
    assert run_python(code, home=tmp_path) == "True"


def test_nothing_of_the_network_is_asked_for_to_load_to_read_and_to_draw(
    models: ModelCache, tmp_path: Path
) -> None:
    said = run_python(READ_AND_DRAW, models.folder, SAMPLES / "receipts.tiff", home=tmp_path)
    asked, _, drawn = said.partition(" ")
    assert asked == "[]"
    lines = ["region1_line1", "region1_line2", "region1_line3", "region2_line1"]
    assert literal_eval(drawn) == [
        *("layout_det_res", "preprocessed_img"),
        *lines,
        *("seal_res_region1", "seal_res_region2"),
    ]


def test_pictures_are_drawn_as_paddlex_draws_them(models: ModelCache, tmp_path: Path) -> None:
    said = run_python(DRAW_TWICE, models.folder, SAMPLES / "receipts.tiff", home=tmp_path)
    names = ["layout_det_res", "preprocessed_img", "seal_res_region1", "seal_res_region2"]
    assert said == str(dict.fromkeys(names, True))


def test_the_command_line_starts_without_paddlex_and_its_stack(tmp_path: Path) -> None:
    assert run_python(IMPORT_COMMANDS, home=tmp_path) == "[]"


def own_recogniser(models: ModelCache, folder: Path) -> None:
    """Write a recognition model that says 印 wherever the catalogued one says 章."""
    shutil.copytree(models.directory("PP-OCRv6_small_rec"), folder)
    file = folder / "inference.yml"
    text = file.read_text("utf-8")
    assert text.count("\n  - 章\n") == 1
    file.write_text(text.replace("\n  - 章\n", "\n  - 印\n"), "utf-8")


def test_a_pipeline_file_of_the_user_s_own_reads_with_the_model_folder_that_it_names(
    models: ModelCache, tmp_path: Path
) -> None:
    own_recogniser(models, tmp_path / "own rec")
    config = yaml.safe_load(
        resources.files("sealq_configs").joinpath("presets/mobile.yaml").read_text("utf-8")
    )
    recognition = config["SubPipelines"]["SealOCR"]["SubModules"]["TextRecognition"]
    recognition["model_dir"] = "own rec"  # beside the file
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(config), "utf-8")
    spec = load_preset(str(file)).spec(PredictParameters())
    reader = PaddleXReader(spec, Device("cpu", None), models, font=None)
    with open_document(SAMPLES / "seal_crop.png", dpi=144, limits=LIMITS) as document:
        (seal,) = reader.read(document.page(1)).res["seal_res_list"]
    assert "合同专用印" in seal["rec_texts"]


def test_a_device_that_is_not_there_is_refused_and_never_replaced_by_the_cpu(
    models: ModelCache,
) -> None:
    spec = load_preset("mobile").spec(PredictParameters())
    # ONNX Runtime runs on CPUs and GPUs only: no host has this one.
    with pytest.raises(ReaderError, match="npu:0"):
        PaddleXReader(spec, Device.parse("npu:0"), models, font=None)
