"""What a job asks of the pipeline, and the digest of all that can change a reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sealq_configs.errors import ParameterError
from sealq_configs.parameters import PredictParameters, validate_parameters

#: Raise it whenever sealq's own code changes what a reading says: readings are then made anew.
READING_VERSION = 1

#: A `model_dir` that starts so names a model of sealq's catalogue.
CATALOGUE_PREFIX = "catalogue:"

#: Files by name and their sha256, by module (`LayoutDetection`, `TextRecognition`, ...).
ModelFiles = Mapping[str, Mapping[str, str]]

SealCrops = Literal["auto", "never"]


@dataclass(frozen=True)
class ModelUse:
    """One model slot of a pipeline."""

    #: Key in `SubModules`, for instance `TextRecognition`.
    slot: str
    #: PaddleX's name for what the slot does, for instance `text_recognition`.
    module: str
    model_name: str
    #: `catalogue:NAME`, a folder, or None: PaddleX fetches it by name.
    model_dir: str | None


@dataclass(frozen=True)
class PipelineSpec:
    """A PaddleX pipeline with the parameters of one job. Plain data: it travels through SQL."""

    preset: str
    #: PaddleX's own pipeline configuration, model folders still by reference.
    pipeline: dict[str, Any]
    #: Predict parameters that the job set (`PredictParameters.given`).
    parameters: dict[str, Any]
    #: Resolution at which PDF pages are rendered, dots per inch.
    dpi: int
    #: Whether a picture of nothing but a seal is read as one region without layout detection.
    seal_crops: SealCrops

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PipelineSpec:
        """Rebuild a spec from `to_json`."""
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """Return the spec as JSON values."""
        return asdict(self)

    @property
    def id(self) -> str:
        """A sha256 that two specs share only when they ask for the same."""
        return _sha256(self.to_json())

    @property
    def predict_parameters(self) -> PredictParameters:
        """The job's parameters, typed."""
        return validate_parameters(self.parameters)

    def models(self) -> list[ModelUse]:
        """Every model slot of the pipeline and its sub-pipelines."""
        return list(_model_uses(self.pipeline))

    def digest(self, files: ModelFiles) -> str:
        """Hash all that can change a reading.

        Args:
            files: The model files that are really used, by slot. Where they lie does not count.
        """
        return _sha256(
            {
                "pipeline": _without_folders(self.pipeline),
                "parameters": self.parameters,
                "dpi": self.dpi,
                "seal_crops": self.seal_crops,
                "files": {slot: dict(names) for slot, names in files.items()},
                "reading_version": READING_VERSION,
            }
        )


def with_parameters(
    preset: str,
    pipeline: dict[str, Any],
    parameters: PredictParameters,
    *,
    dpi: int,
    seal_crops: SealCrops,
) -> PipelineSpec:
    """Join a preset's pipeline and a job's parameters.

    `layout_nms` goes into the pipeline as well, because PaddleX's `predict` can't switch it off.

    Raises:
        ParameterError: A parameter asks for a stage that the pipeline has no model for.
    """
    _refuse_missing_stages(preset, pipeline, parameters)
    if parameters.layout_nms is not None and "LayoutDetection" in pipeline.get("SubModules", {}):
        pipeline = json.loads(json.dumps(pipeline))
        pipeline["SubModules"]["LayoutDetection"]["layout_nms"] = parameters.layout_nms
    return PipelineSpec(preset, pipeline, parameters.given(), dpi, seal_crops)


def _refuse_missing_stages(
    preset: str, pipeline: Mapping[str, Any], parameters: PredictParameters
) -> None:
    preprocessor = pipeline.get("SubPipelines", {}).get("DocPreprocessor", {})
    here = {
        "use_doc_unwarping": preprocessor.get("use_doc_unwarping", False),
        "use_doc_orientation_classify": preprocessor.get("use_doc_orientation_classify", False),
        "use_layout_detection": pipeline.get("use_layout_detection", True),
    }
    if not pipeline.get("use_doc_preprocessor", True):
        here |= {"use_doc_unwarping": False, "use_doc_orientation_classify": False}
    for name, available in here.items():
        if getattr(parameters, name) and not available:
            raise ParameterError(
                f"{name}=true: preset {preset} has no model for it. "
                "Leave it out, or use a preset that has one (`sealq models list`)."
            )


def _model_uses(pipeline: Mapping[str, Any]) -> Iterator[ModelUse]:
    for slot, module in pipeline.get("SubModules", {}).items():
        yield ModelUse(slot, module["module_name"], module["model_name"], module.get("model_dir"))
    for child in pipeline.get("SubPipelines", {}).values():
        yield from _model_uses(child)


def _without_folders(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_folders(value) for key, value in node.items() if key != "model_dir"}
    return node


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
