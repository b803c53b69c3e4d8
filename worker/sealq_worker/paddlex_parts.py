"""The parts of a loaded PaddleX pipeline.

PaddleX has no other way to change a stage than to put another in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def stages_of(pipeline: Any) -> Any:
    """Return what holds a pipeline's models: what PaddleX hands out wraps it."""
    return pipeline._pipeline  # noqa: SLF001


def beside(pipeline: Any) -> Any:
    """Return a seal pipeline with the same models, and stages of its own to be replaced."""
    other = _with_own_stages(pipeline)
    stages = stages_of(other)
    stages.seal_ocr_pipeline = _with_own_stages(stages.seal_ocr_pipeline)
    return other


def models_of(pipeline: Any) -> Iterator[Any]:
    """Yield the models of a seal pipeline as it was loaded: objects with a `runner`, mostly."""
    stages = stages_of(pipeline)
    subpipelines = [
        stages_of(vars(stages)[name])
        for name in ("doc_preprocessor_pipeline", "seal_ocr_pipeline")
        if name in vars(stages)
    ]
    for part in (stages, *subpipelines):
        yield from (model for name, model in vars(part).items() if name.endswith("_model"))


def detector_of(pipeline: Any) -> Any:
    """Return the model of a seal pipeline that finds lines of text."""
    return stages_of(stages_of(pipeline).seal_ocr_pipeline).text_det_model


def _with_own_stages(pipeline: Any) -> Any:
    other = _shallow_copy(pipeline)
    other._pipeline = _shallow_copy(pipeline._pipeline)  # noqa: SLF001
    return other


def _shallow_copy(thing: T) -> T:
    """Return a copy of an object whose `__getattr__` keeps `copy.copy` from making one."""
    other = object.__new__(type(thing))
    vars(other).update(vars(thing))
    return other
