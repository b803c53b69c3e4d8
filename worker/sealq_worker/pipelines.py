"""The pipelines a worker process holds: looked up by spec, loaded when a page needs them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from sealq_configs.model_cache import ModelCache, folder_files, hosted_folder
from sealq_configs.spec import CATALOGUE_PREFIX, ModelUse, PipelineSpec
from sealq_worker.errors import ReaderError
from sealq_worker.reader import Reader

log = logging.getLogger(__name__)

#: Pipelines kept loaded. Each holds its models in memory; jobs of two presets may alternate.
LOADED_PIPELINES = 2

MakeReader = Callable[[PipelineSpec], Reader]


class Pipeline:
    """One spec on this worker: its digest at once, its reader when a page needs it."""

    def __init__(self, spec: PipelineSpec, models: ModelCache, make_reader: MakeReader) -> None:
        self.spec = spec
        self._models = models
        self._make_reader = make_reader

    @cached_property
    def reader(self) -> Reader:
        """The loaded pipeline.

        Raises:
            ReaderError: It can't be loaded here.
            ModelError: A model can't be had.
        """
        log.info("loading preset %s", self.spec.preset)
        return self._make_reader(self.spec)

    @cached_property
    def model_files(self) -> dict[str, Mapping[str, str]]:
        """The sha256 of every model file, by slot and file name.

        What PaddleX fetches by itself must be here before it can be hashed: the reader is loaded.
        """
        if not all(model.here for model in self._models.preset_models(self.spec)):
            _ = self.reader
        return {use.slot: self._files_of(use) for use in self.spec.models()}

    @cached_property
    def digest(self) -> str:
        """The pipeline digest of readings made here."""
        return self.spec.digest(self.model_files)

    def _files_of(self, use: ModelUse) -> Mapping[str, str]:
        if use.model_dir is None:
            folder = hosted_folder(use.model_name, use.engine)
        elif use.model_dir.startswith(CATALOGUE_PREFIX):
            return self._models.model_files(use.model_dir.removeprefix(CATALOGUE_PREFIX))
        else:
            folder = Path(use.model_dir)
        try:
            return folder_files(folder)
        except OSError as exc:
            raise ReaderError(
                f"{use.slot}: the files of {use.model_name} can't be read: {exc}"
            ) from exc


def require_model_folders(spec: PipelineSpec, allowed: Sequence[Path]) -> None:
    """Refuse model folders that this worker was not told to trust.

    PaddleX evaluates expressions in a model's `inference.yml`: whoever names a folder, and may
    write into it, would run code here.

    Raises:
        ReaderError: Names the folder and the remedy.
    """
    trusted = [folder.resolve() for folder in allowed]
    for name in spec.model_folders():
        folder = Path(name).resolve()
        if not any(folder.is_relative_to(each) for each in trusted):
            raise ReaderError(
                f"Preset {spec.preset} names the model folder {name}, which this worker does not "
                "trust. Start the worker with SEALQ_MODEL_FOLDERS naming it or a folder above it."
            )


class PipelineCache:
    """The last pipelines used."""

    def __init__(self, make: Callable[[str], Pipeline]) -> None:
        self._make = make
        self._held: OrderedDict[str, Pipeline] = OrderedDict()

    def get(self, pipeline_id: str) -> Pipeline:
        """Return the pipeline of a spec id, dropping the one used longest ago."""
        if pipeline_id not in self._held:
            self._held[pipeline_id] = self._make(pipeline_id)
        self._held.move_to_end(pipeline_id)
        while len(self._held) > LOADED_PIPELINES:
            self._held.popitem(last=False)
        return self._held[pipeline_id]
