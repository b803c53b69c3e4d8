"""PaddleX's thirteen `predict` parameters, typed: what it swallows in silence is refused here.

PaddleX takes misspelt names without a word, ignores integer thresholds, zeros and `False` where
its code says `a or b`, and fails on others deep in a page. sealq checks all before a job starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sealq_configs.errors import ParameterError

#: PaddleX ignores integer thresholds: a strict float takes an integer and makes it a float.
Fraction = Annotated[float, Field(ge=0, le=1, strict=True)]
#: PaddleX reads a zero here as "not given" (`a or b`), so a zero is refused.
PositiveFraction = Annotated[float, Field(gt=0, le=1, strict=True)]
Ratio = Annotated[float, Field(gt=0, le=10, strict=True)]
#: Of width and of height.
Ratios = tuple[Ratio, Ratio]
Switch = Annotated[bool, Field(strict=True)]
MergeMode = Literal["large", "small", "union"]
#: PaddleX overlooks classes by name: it wants their ids.
ClassId = Annotated[int, Field(ge=0)]


class PredictParameters(BaseModel):
    """Parameters of PaddleX's seal pipeline; None leaves the preset's value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use_doc_orientation_classify: Switch | None = None
    use_doc_unwarping: Switch | None = None
    use_layout_detection: Switch | None = None
    #: One threshold for all classes, or one per class id.
    layout_threshold: Fraction | dict[ClassId, Fraction] | None = None
    layout_nms: Switch | None = None
    #: One factor for both sides, (width, height), or that per class id.
    layout_unclip_ratio: Ratio | Ratios | dict[ClassId, Ratios] | None = None
    layout_merge_bboxes_mode: MergeMode | dict[ClassId, MergeMode] | None = None
    #: Pixels. PaddleX caps the result at 4000 and takes 17 s a page on the way there.
    seal_det_limit_side_len: Annotated[int, Field(strict=True, ge=32, le=4000)] | None = None
    seal_det_limit_type: Literal["min", "max", "resize_long"] | None = None
    seal_det_thresh: PositiveFraction | None = None
    seal_det_box_thresh: PositiveFraction | None = None
    seal_det_unclip_ratio: Ratio | None = None
    seal_rec_score_thresh: Fraction | None = None

    def given(self) -> dict[str, Any]:
        """The parameters that were set, as JSON values."""
        return self.model_dump(mode="json", exclude_none=True)


def parse_parameters(assignments: Iterable[str]) -> PredictParameters:
    """Read `KEY=VALUE` texts, the values written as in YAML.

    Raises:
        ParameterError: A text has no `=`, a name is unknown, or a value has a wrong type.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, separator, text = assignment.partition("=")
        if not separator:
            raise ParameterError(f"--set {assignment}: write it as KEY=VALUE.")
        values[name.strip().replace("-", "_")] = _parse_value(name, text)
    return validate_parameters(values)


def validate_parameters(values: Mapping[str, Any]) -> PredictParameters:
    """Check parameters given by name.

    Raises:
        ParameterError: Names every parameter that is unknown or wrong, and what it takes.
    """
    try:
        return PredictParameters.model_validate(dict(values))
    except ValidationError as exc:
        raise ParameterError("; ".join(_problems(exc))) from exc


def _parse_value(name: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ParameterError(f"{name}: {text!r} is no YAML value: {exc}") from exc


def _problems(exc: ValidationError) -> list[str]:
    problems: dict[str, str] = {}
    for error in exc.errors():
        name = str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            known = ", ".join(PredictParameters.model_fields)
            problems[name] = f"{name}: no such parameter. Known: {known}"
        else:
            problems.setdefault(name, f"{name}={error['input']!r}: {error['msg']}")
    return list(problems.values())
