"""The pipeline of a sealq preset as a file that PaddleX's own programs take."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from sealq_configs.model_cache import ModelCache
from sealq_configs.presets import load_preset
from sealq_worker.model_threads import limit_threads
from sealq_worker.paddlex_reader import with_model_folders

#: Models of sealq's presets, and what they were folded from (benchmarks/folding).
_PUBLISHED = {"PP-OCRv4_mobile_seal_det_folded": "PP-OCRv4_mobile_seal_det"}


def pipeline_of(preset: str, models: ModelCache) -> dict[str, Any]:
    """Return the preset's pipeline, models as folders.

    Raises:
        PresetError: There is no such preset.
        ModelError: A model can't be had.
    """
    return with_model_folders(load_preset(preset).pipeline, models.directory)


def published_pipeline_of(preset: str, models: ModelCache) -> dict[str, Any]:
    """Return the preset's pipeline with each model as its makers publish it.

    Raises:
        PresetError: There is no such preset.
        ModelError: A model can't be had.
    """

    def directory(name: str) -> Path:
        return models.directory(_PUBLISHED.get(name, name))

    return with_model_folders(load_preset(preset).pipeline, directory)


def with_threads(pipeline: dict[str, Any], threads: int) -> dict[str, Any]:
    """Return the pipeline with so many threads for each model."""
    limited = copy.deepcopy(pipeline)
    limit_threads(limited, threads)
    return limited


def write_pipeline(pipeline: dict[str, Any], path: Path) -> Path:
    """Write a pipeline as YAML and return the path."""
    path.write_text(yaml.safe_dump(pipeline, allow_unicode=True), encoding="utf-8")
    return path
