"""The peers get what sealq has: the same libraries, the same models and thresholds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sealq_configs.model_cache import ModelCache
from sealq_configs.presets import load_preset
from sealq_configs.settings import load_settings
from speedbench.contestants import OURS, contestants
from speedbench.pages import Cell, PageFolder
from speedbench.pipeline_file import with_threads
from speedbench.printing import PrintingCommand
from speedbench.values import NotMeasuredError

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def _pins(name: str) -> dict[str, str]:
    text = (REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("library", ["paddlex", "onnxruntime", "numpy", "pillow", "pypdfium2"])
def test_the_peers_run_on_the_libraries_that_sealq_runs_on(library: str) -> None:
    """A faster numpy is no faster program."""
    assert _pins("bench")[library] == _pins("dev")[library]


def test_the_peers_pipeline_is_the_presets(tmp_path: Path) -> None:
    models = ModelCache(load_settings().settings.models_dir)
    everybody = list(contestants("mobile", models, peers=tmp_path, samples=tmp_path, work=tmp_path))
    written = yaml.safe_load((tmp_path / "pipeline.yaml").read_text(encoding="utf-8"))
    preset = load_preset("mobile").pipeline
    folder = Path(written["SubModules"]["LayoutDetection"].pop("model_dir"))
    assert (folder / "inference.onnx").is_file()
    preset["SubModules"]["LayoutDetection"].pop("model_dir")
    assert written["SubModules"] == preset["SubModules"]
    assert written["engine"] == preset["engine"]
    assert everybody[0].name == OURS


def test_threads_are_limited_in_a_copy() -> None:
    pipeline = load_preset("mobile").pipeline
    single = with_threads(pipeline, 1)
    assert single["engine_config"]["onnxruntime"]["intra_op_num_threads"] == 1
    assert "engine_config" not in pipeline


def test_a_command_that_is_not_installed_is_named_with_the_remedy(tmp_path: Path) -> None:
    absent = PrintingCommand("paddlex", (str(tmp_path / "paddlex"),))
    with pytest.raises(NotMeasuredError, match="make bench-speed"):
        absent.read(PageFolder(tmp_path, ()))


def test_a_command_that_stops_early_is_not_measured(tmp_path: Path) -> None:
    """One bad file ends PaddleX's command: its speed would be that of fewer pages."""
    broken = PrintingCommand("paddlex", ("/bin/echo", "Pipeline prediction failed"))
    with pytest.raises(NotMeasuredError, match=r"printed 0 of 8 pages(.|\n)*prediction failed"):
        broken.read(PageFolder(tmp_path, (Cell(10, "images", 8),)))
