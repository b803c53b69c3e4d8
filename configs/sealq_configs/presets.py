"""Presets: PaddleX pipeline files with a `sealq:` block for what PaddleX does not know.

A user's own PaddleX pipeline YAML is taken as it is; without the block it gets the defaults.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sealq_configs.catalogue import CATALOGUE, MODULE_MODELS
from sealq_configs.errors import PresetError
from sealq_configs.parameters import PredictParameters
from sealq_configs.purposes import Vocabulary, load_purposes, purposes_json
from sealq_configs.spec import (
    CATALOGUE_PREFIX,
    ModelUse,
    PipelineSpec,
    ReadingMode,
    SealCrops,
    SecondLook,
    refuse_unused,
    stock_parameters,
    with_parameters,
)

#: The only PaddleX pipeline that sealq runs.
PIPELINE_NAME = "seal_recognition"

#: The layout class that PaddleX's pipeline cuts out and reads; it drops all others.
SEAL_LABEL = "seal"


class PresetBlock(BaseModel):
    """The `sealq:` block of a preset file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = "A pipeline file of your own."
    dpi: int = Field(144, ge=36, le=1200)
    seal_crops: SealCrops = "auto"
    reading: ReadingMode = "stock"
    second_look: SecondLook = "never"


class Preset(BaseModel):
    """A named pipeline."""

    model_config = ConfigDict(frozen=True)

    name: str
    block: PresetBlock
    #: PaddleX's configuration as in the file; own model folders made absolute.
    pipeline: dict[str, Any]

    def spec(
        self,
        parameters: PredictParameters,
        dpi: int | None = None,
        reading: ReadingMode | None = None,
        purposes: Vocabulary | None = None,
    ) -> PipelineSpec:
        """Build what a job asks for.

        Args:
            parameters: Of PaddleX's `predict`.
            dpi: None: the preset's.
            reading: None: the preset's; stock where parameters ask for what only that goes by.
                Who asks for `stock` gets nothing but PaddleX's own answer, so no second look
                either.
            purposes: What a careful reading compares with; None: what sealq brings.

        Raises:
            ParameterError: A parameter asks for a stage that this preset has no model for, or
                changes nothing in this way of reading.
        """
        by_itself = "stock" if stock_parameters(parameters) else self.block.reading
        chosen = reading or by_itself
        refuse_unused(parameters, chosen)
        plain = with_parameters(
            self.name,
            self.pipeline,
            parameters,
            dpi=dpi or self.block.dpi,
            seal_crops=self.block.seal_crops,
        )
        return replace(
            plain,
            reading=chosen,
            second_look="never" if reading == "stock" else self.block.second_look,
            purposes=_purposes(purposes) if chosen == "careful" else [],
        )


def _purposes(purposes: Vocabulary | None) -> list[dict[str, Any]]:
    return purposes_json(load_purposes() if purposes is None else purposes)


def preset_names() -> list[str]:
    """Names of the presets that sealq brings, the default first."""
    files = resources.files("sealq_configs").joinpath("presets").iterdir()
    return sorted(
        (Path(file.name).stem for file in files), key=lambda name: (name != "mobile", name)
    )


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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise PresetError(f"{path} can't be read as a pipeline file: {exc}.") from exc
    return _build(str(path), text, folder=path.absolute().parent)


def _build(name: str, text: str, folder: Path) -> Preset:
    try:
        pipeline = yaml.safe_load(text)
        block = PresetBlock.model_validate(pipeline.pop("sealq", {}))
        preset = Preset(name=name, block=block, pipeline=pipeline)
        _check(preset, folder)
    except (yaml.YAMLError, ValidationError, AttributeError, KeyError, TypeError) as exc:
        raise PresetError(
            f"{name} is no PaddleX pipeline file: {_reason(exc)}. "
            "Compare it with PaddleX's own seal_recognition.yaml."
        ) from exc
    return preset


def _reason(exc: Exception) -> str:
    if isinstance(exc, KeyError):
        return f"{exc} is missing"
    if isinstance(exc, ValidationError):
        return "; ".join(
            f"sealq: {'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors()
        )
    return str(exc)


def _check(preset: Preset, folder: Path) -> None:
    if preset.pipeline["pipeline_name"] != PIPELINE_NAME:
        raise PresetError(f"{preset.name}: sealq runs the pipeline {PIPELINE_NAME} only.")
    _resolve_folders(preset.pipeline, folder)
    for use in preset.spec(PredictParameters()).models():
        try:
            _check_name(use)
            _check_source(use)
        except PresetError as exc:
            raise PresetError(f"{preset.name}: {use.slot}: {exc}") from exc


def _check_name(use: ModelUse) -> None:
    known = MODULE_MODELS.get(use.module, ())
    if use.model_name not in known:
        near = difflib.get_close_matches(use.model_name, known, n=3) or known
        raise PresetError(
            f"PaddleX knows no {use.module} model {use.model_name}. Near: {', '.join(near)}."
        )


def _check_source(use: ModelUse) -> None:
    if use.model_dir is None:
        return
    if use.model_dir.startswith(CATALOGUE_PREFIX):
        _check_catalogue(use)
    else:
        _check_folder(use, Path(use.model_dir))


def _check_catalogue(use: ModelUse) -> None:
    bringable = {name for name, asset in CATALOGUE.items() if asset.paddlex_name == use.model_name}
    if str(use.model_dir).removeprefix(CATALOGUE_PREFIX) not in bringable:
        known = ", ".join(sorted(bringable)) or "none"
        raise PresetError(
            f"model_dir {use.model_dir} is no {use.model_name} that sealq brings. Those: {known}."
        )


def _check_folder(use: ModelUse, folder: Path) -> None:
    file = folder / "inference.yml"
    if not file.is_file():
        raise PresetError(
            f"model_dir {folder} holds no inference.yml. Point it at an exported PaddleX model."
        )
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    exported = config.get("Global", {}).get("model_name", use.model_name)
    if exported != use.model_name:
        raise PresetError(f"{file} is of a {exported}: write `model_name: {exported}`.")
    if use.slot == "LayoutDetection" and SEAL_LABEL not in config.get("label_list", ()):
        raise PresetError(f"{file} has no `{SEAL_LABEL}` in its label_list: it would find no seal.")


def _resolve_folders(pipeline: dict[str, Any], folder: Path) -> None:
    """Make the model folders of a user's file absolute, for workers that run elsewhere."""
    for module in pipeline.get("SubModules", {}).values():
        reference = module.get("model_dir")
        if reference is not None and not reference.startswith(CATALOGUE_PREFIX):
            beside = folder / reference
            # PaddleX itself takes it from the current folder.
            module["model_dir"] = str((beside if beside.exists() else Path(reference)).resolve())
    for child in pipeline.get("SubPipelines", {}).values():
        _resolve_folders(child, folder)
