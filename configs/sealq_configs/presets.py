"""Presets: PaddleX pipeline files with a `sealq:` block for what PaddleX does not know.

A user's own PaddleX pipeline YAML is taken as it is; without the block it gets the defaults.
"""

from __future__ import annotations

import difflib
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sealq_configs.catalogue import MODULE_MODELS
from sealq_configs.errors import PresetError
from sealq_configs.parameters import PredictParameters
from sealq_configs.spec import (
    CATALOGUE_PREFIX,
    PipelineSpec,
    SealCrops,
    with_parameters,
)

#: The only PaddleX pipeline that sealq runs.
PIPELINE_NAME = "seal_recognition"


class PresetBlock(BaseModel):
    """The `sealq:` block of a preset file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = "A pipeline file of your own."
    dpi: int = Field(144, ge=36, le=1200)
    seal_crops: SealCrops = "auto"


class Preset(BaseModel):
    """A named pipeline."""

    model_config = ConfigDict(frozen=True)

    name: str
    block: PresetBlock
    #: PaddleX's configuration as in the file; own model folders made absolute.
    pipeline: dict[str, Any]

    def spec(self, parameters: PredictParameters, dpi: int | None = None) -> PipelineSpec:
        """Build what a job asks for.

        Raises:
            ParameterError: A parameter asks for a stage that this preset has no model for.
        """
        return with_parameters(
            self.name,
            self.pipeline,
            parameters,
            dpi=dpi or self.block.dpi,
            seal_crops=self.block.seal_crops,
        )


def preset_names() -> list[str]:
    """Names of the presets that sealq brings, the default first."""
    files = resources.files("sealq_configs").joinpath("presets").iterdir()
    return sorted((Path(file.name).stem for file in files), key=lambda name: (name != "mobile", name))


def load_preset(name_or_path: str) -> Preset:
    """Load a preset by name, or a PaddleX pipeline file by path.

    Raises:
        PresetError: There is no such preset or file, or it can't be used; says why and what can.
    """
    if name_or_path in preset_names():
        file = resources.files("sealq_configs").joinpath(f"presets/{name_or_path}.yaml")
        return _build(name_or_path, file.read_text(encoding="utf-8"), folder=Path())
    path = Path(name_or_path)
    if not path.is_file():
        known = ", ".join(preset_names())
        raise PresetError(f"{name_or_path} is neither a preset ({known}) nor a pipeline file.")
    return _build(str(path), path.read_text(encoding="utf-8"), folder=path.absolute().parent)


def _build(name: str, text: str, folder: Path) -> Preset:
    try:
        pipeline = yaml.safe_load(text)
        block = PresetBlock.model_validate(pipeline.pop("sealq", {}))
        preset = Preset(name=name, block=block, pipeline=pipeline)
        _check(preset, folder)
    except (yaml.YAMLError, ValidationError, AttributeError, KeyError, TypeError) as exc:
        raise PresetError(f"{name} is no PaddleX pipeline file: {exc!r}") from exc
    return preset


def _check(preset: Preset, folder: Path) -> None:
    if preset.pipeline["pipeline_name"] != PIPELINE_NAME:
        raise PresetError(f"{preset.name}: sealq runs the pipeline {PIPELINE_NAME} only.")
    _resolve_folders(preset.name, preset.pipeline, folder)
    for use in preset.spec(PredictParameters()).models():
        known = MODULE_MODELS.get(use.module, ())
        if use.model_name not in known:
            near = difflib.get_close_matches(use.model_name, known, n=3) or known
            raise PresetError(
                f"{preset.name}: {use.slot}: PaddleX knows no {use.module} model "
                f"{use.model_name}. Near: {', '.join(near)}."
            )


def _resolve_folders(name: str, pipeline: dict[str, Any], folder: Path) -> None:
    """Make the model folders of a user's file absolute, and refuse those that are not there."""
    for slot, module in pipeline.get("SubModules", {}).items():
        reference = module.get("model_dir")
        if reference is None or reference.startswith(CATALOGUE_PREFIX):
            continue
        path = (folder / reference).resolve()
        if not (path / "inference.yml").is_file():
            raise PresetError(
                f"{name}: {slot}: model_dir {reference} holds no inference.yml. "
                "Point it at an exported PaddleX model."
            )
        module["model_dir"] = str(path)
    for child in pipeline.get("SubPipelines", {}).values():
        _resolve_folders(name, child, folder)
