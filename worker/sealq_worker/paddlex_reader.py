"""PaddleX's seal recognition pipeline behind the reader interface."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import cv2
from PIL.Image import Image

from sealq_configs.model_cache import ModelCache
from sealq_configs.purposes import purposes_from_json
from sealq_configs.spec import CATALOGUE_PREFIX, PipelineSpec
from sealq_worker.careful_ocr import CarefulOcr
from sealq_worker.devices import Device
from sealq_worker.documents import PageImage
from sealq_worker.drawing import Drawn, drawn
from sealq_worker.errors import ReaderError
from sealq_worker.model_threads import limit_threads
from sealq_worker.paddlex_env import import_paddlex
from sealq_worker.paddlex_parts import beside, detector_of, models_of, stages_of
from sealq_worker.reader import RawReading, Reader
from sealq_worker.seal_crop import is_seal_crop
from sealq_worker.second_look import LookAgain
from sealq_worker.strips import careful_strips, keep_strips, strip_pictures


class PaddleXReader(Reader):
    """One pipeline, loaded in the process and thread that use it."""

    def __init__(
        self,
        spec: PipelineSpec,
        device: Device,
        models: ModelCache,
        font: Path | None,
        threads: int | None = None,
    ) -> None:
        """Load the pipeline.

        Args:
            spec: The pipeline and the job's parameters.
            device: The device this process is pinned to.
            models: Where catalogued models lie; missing ones are fetched.
            font: Font for pictures; None: no pictures are drawn.
            threads: That each model, and OpenCV, compute with; None: as they like.

        Raises:
            ReaderError: A model or an engine is missing. Says which, and what can be done.
            ModelError: A catalogued model can't be fetched.
        """
        self._spec = spec
        self._parameters = spec.predict_parameters.model_dump(exclude_none=True)
        self._draws = font is not None
        self._loaded = _create(spec, device, models, font, threads)
        self._take_stages()

    def _take_stages(self) -> None:
        """Put sealq's own stages into a pipeline that nobody else uses."""
        self._pipeline = beside(self._loaded)
        stages = stages_of(self._pipeline)
        self._look: LookAgain | None = None
        self._kept = keep_strips(stages.seal_ocr_pipeline) if self._draws else None
        #: What reads the seals; None where PaddleX does.
        self.careful: CarefulOcr | None = None
        if self._spec.second_look == "auto" and hasattr(stages, "layout_det_model"):
            self._look = stages.layout_det_model = LookAgain(stages.layout_det_model)
        if self._spec.reading == "careful":
            vocabulary = purposes_from_json(self._spec.purposes)
            self.careful = stages.seal_ocr_pipeline = CarefulOcr(stages, vocabulary)

    def beside(self) -> PaddleXReader:
        """Return another reader on the same models, for a thread of its own."""
        other = copy(self)
        other._take_stages()  # noqa: SLF001 (it is one of us)
        return other

    @property
    def models(self) -> list[Any]:
        """PaddleX's models, which all readers beside this one share."""
        return list(models_of(self._loaded))

    @property
    def detector(self) -> Any:
        """The one of them that takes most of the time."""
        return detector_of(self._loaded)

    def read(self, page: PageImage) -> RawReading:
        """Read the seals of one page."""
        whole = self._takes_whole(page)
        parameters = self._parameters | ({"use_layout_detection": False} if whole else {})
        if self._kept:
            self._kept.take()  # of a page that failed half-way
        started = time.perf_counter()
        result = next(iter(self._pipeline.predict(page.image, **parameters)))
        res: dict[str, Any] = result.json["res"]
        read = time.perf_counter()
        looked_whole = not res["model_settings"]["use_layout_detection"]
        looked = None if looked_whole or self._look is None else self._look.looked
        seconds = {"read": read - started}
        if looked is not None and looked.seconds is not None:
            seconds["second_look"] = looked.seconds
        return RawReading(
            res=res,
            pictures=self._pictures(result, res["seal_res_list"]),
            looked="whole" if looked_whole else "layout",
            parameters=parameters,
            seconds=seconds,
            seals=tuple(self.careful.seals) if self.careful else (),
            empty_score=looked.empty_score if looked else None,
        )

    def _pictures(self, result: Any, seals: list[dict[str, Any]]) -> Mapping[str, Image]:
        """Return the page's pictures, to be drawn while the next page is read."""
        if self._kept is None:
            return {}
        seen, cuts = self.careful.seen if self.careful else None, self._kept.take()

        def draw() -> Mapping[str, Image]:
            kept = careful_strips(seals, seen) if seen is not None else cuts
            return {**drawn(result), **strip_pictures(seals, kept)}

        return Drawn(draw)

    def _takes_whole(self, page: PageImage) -> bool:
        automatic = self._spec.seal_crops == "auto"
        asked = "use_layout_detection" in self._parameters
        return automatic and not asked and is_seal_crop(page.image)


def _create(
    spec: PipelineSpec,
    device: Device,
    models: ModelCache,
    font: Path | None,
    threads: int | None,
) -> Any:
    if spec.needs_paddle and importlib.util.find_spec("paddle") is None:
        # PaddleX would fetch all models first and miss it then.
        raise ReaderError(
            f"Preset {spec.preset} needs paddlepaddle, which this worker lacks. Install it: "
            "pip install 'sealq[paddle]' (CPU; others: docs/cluster.md), or use preset mobile."
        )
    config = with_model_folders(spec.pipeline, models.directory)
    try:
        paddlex = import_paddlex(font)
        if threads is not None:
            cv2.setNumThreads(threads)
            limit_threads(config, threads)
        return paddlex.create_pipeline(config=config, device=device.pinned_name)
    except Exception as exc:
        raise ReaderError(_explain(spec, device, models, exc)) from exc


def _explain(spec: PipelineSpec, device: Device, models: ModelCache, exc: Exception) -> str:
    reason = str(exc).strip().rstrip(".!")
    text = f"Preset {spec.preset} can't be loaded on {device}: {reason}."
    missing = [model for model in models.preset_models(spec) if not model.here]
    if not missing:
        return text
    names = ", ".join(f"{model.model_name} ({model.source})" for model in missing)
    return (
        f"{text} Not here: {names}. Where that can't be reached, copy its folder from a machine "
        "that has it (docs/models.md), or use preset mobile, which needs a package index only."
    )


def with_model_folders(
    pipeline: dict[str, Any], directory: Callable[[str], Path]
) -> dict[str, Any]:
    """Return the pipeline with catalogue references replaced by folders."""
    config = deepcopy(pipeline)
    for module in config.get("SubModules", {}).values():
        reference = module.get("model_dir")
        if reference and reference.startswith(CATALOGUE_PREFIX):
            module["model_dir"] = str(directory(reference.removeprefix(CATALOGUE_PREFIX)))
    for name, child in config.get("SubPipelines", {}).items():
        config["SubPipelines"][name] = with_model_folders(child, directory)
    return config
