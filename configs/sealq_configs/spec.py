"""What a job asks of the pipeline, and the digest of all that can change a reading."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sealq_configs.errors import ParameterError
from sealq_configs.parameters import PredictParameters, validate_parameters

#: Raise it whenever sealq's own code changes what a reading says: readings are then made anew.
READING_VERSION = 9

#: A `model_dir` that starts so names a model of sealq's catalogue.
CATALOGUE_PREFIX = "catalogue:"

#: Files by name and their sha256, by module (`LayoutDetection`, `TextRecognition`, ...).
ModelFiles = Mapping[str, Mapping[str, str]]

SealCrops = Literal["auto", "never"]

#: `stock`: as PaddleX reads. `careful`: the same models, asked in sealq's own way.
ReadingMode = Literal["stock", "careful"]

#: Parameters of PaddleX's way from a crop to its text lines, which a careful reading does not go.
STOCK_PARAMETERS = (
    *("seal_det_limit_side_len", "seal_det_limit_type"),
    *("seal_det_thresh", "seal_det_box_thresh", "seal_det_unclip_ratio"),
)

#: `auto`: pages that seem empty and leave a doubt are looked at again, upside down.
SecondLook = Literal["auto", "never"]

#: Which switch beside a stage turns it off; PaddleX takes a missing switch as on.
STAGE_SWITCHES = {
    "LayoutDetection": "use_layout_detection",
    "DocPreprocessor": "use_doc_preprocessor",
    "DocOrientationClassify": "use_doc_orientation_classify",
    "DocUnwarping": "use_doc_unwarping",
    "TextLineOrientation": "use_textline_orientation",
}


#: Engines that are paddlepaddle; PaddleX takes it where none is named.
PADDLE_ENGINES = frozenset({None, "paddle", "paddle_static", "paddle_dynamic"})


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
    #: PaddleX's name for what runs it; None: PaddleX chooses.
    engine: str | None


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
    reading: ReadingMode = "stock"
    second_look: SecondLook = "never"
    #: The vocabulary that a careful reading compares with (`purposes_json`); else empty.
    purposes: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PipelineSpec:
        """Rebuild a spec from `to_json`."""
        return cls(**{**data, "pipeline": _with_class_ids(data["pipeline"])})

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
        """Every model slot that PaddleX fills; a stage that is switched off has none."""
        return list(_model_uses(self.pipeline))

    @property
    def needs_paddle(self) -> bool:
        """Whether a stage runs on paddlepaddle."""
        return any(use.engine in PADDLE_ENGINES for use in self.models())

    def model_folders(self) -> list[str]:
        """Every folder that the pipeline names, that of a stage which is switched off too."""
        named = _model_dirs(self.pipeline)
        return [name for name in named if not name.startswith(CATALOGUE_PREFIX)]

    def catalogued(self) -> list[str]:
        """Names of the models of sealq's catalogue that the pipeline uses."""
        references = [use.model_dir for use in self.models() if use.model_dir is not None]
        return [
            reference.removeprefix(CATALOGUE_PREFIX)
            for reference in references
            if reference.startswith(CATALOGUE_PREFIX)
        ]

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
                "reading": self.reading,
                "second_look": self.second_look,
                "purposes": self.purposes,
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
        pipeline = copy.deepcopy(pipeline)
        pipeline["SubModules"]["LayoutDetection"]["layout_nms"] = parameters.layout_nms
    return PipelineSpec(preset, pipeline, parameters.given(), dpi, seal_crops)


def stock_parameters(parameters: PredictParameters) -> list[str]:
    """Return the names of the parameters asked for that a careful reading does not go by."""
    return [name for name in STOCK_PARAMETERS if getattr(parameters, name) is not None]


def refuse_unused(parameters: PredictParameters, reading: ReadingMode) -> None:
    """Refuse what would change the digest, and nothing that is read.

    Raises:
        ParameterError: Names the parameters that a reading in this mode does not use.
    """
    unused = stock_parameters(parameters)
    if reading == "careful" and unused:
        raise ParameterError(
            f"{', '.join(unused)}: not used by a careful reading. Leave it out, or use "
            "reading: stock."
        )


def _refuse_missing_stages(
    preset: str, pipeline: Mapping[str, Any], parameters: PredictParameters
) -> None:
    slots = {use.slot for use in _model_uses(pipeline)}
    for slot in ("LayoutDetection", "DocOrientationClassify", "DocUnwarping"):
        switch = STAGE_SWITCHES[slot]
        if getattr(parameters, switch) and slot not in slots:
            raise ParameterError(
                f"{switch}=true: preset {preset} has no model for it. "
                "Leave it out, or use a preset that has one (`sealq models list`)."
            )


def _model_uses(pipeline: Mapping[str, Any], engine: str | None = None) -> Iterator[ModelUse]:
    """Yield the models of a pipeline that inherits an engine: as in PaddleX, the nearest holds."""
    engine = pipeline.get("engine", engine)
    for slot, module in _switched_on(pipeline, "SubModules"):
        yield ModelUse(
            slot,
            module["module_name"],
            module["model_name"],
            module.get("model_dir"),
            module.get("engine", engine),
        )
    for _, child in _switched_on(pipeline, "SubPipelines"):
        yield from _model_uses(child, engine)


def _model_dirs(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _model_dirs(item)
    elif isinstance(node, dict):
        if node.get("model_dir") is not None:
            yield str(node["model_dir"])
        for item in node.values():
            yield from _model_dirs(item)


def _switched_on(pipeline: Mapping[str, Any], section: str) -> Iterator[tuple[str, Any]]:
    for stage, content in pipeline.get(section, {}).items():
        switch = STAGE_SWITCHES.get(stage)
        if switch is None or pipeline.get(switch, True):
            yield stage, content


def _with_class_ids(node: Any) -> Any:
    """Undo what JSON does to class ids: PaddleX overlooks keys that are not integers."""
    if isinstance(node, dict):
        return {
            int(key) if key.isdecimal() else key: _with_class_ids(value)
            for key, value in ((str(key), value) for key, value in node.items())
        }
    return node


def _without_folders(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_folders(value) for key, value in node.items() if key != "model_dir"}
    return node


def _sha256(value: object) -> str:
    # Through JSON first: a class id is an integer before it travelled and sorts in another place.
    plain = json.loads(json.dumps(value))
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
