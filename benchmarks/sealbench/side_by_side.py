"""The same seals read by the stock pipeline and by the careful reader, with the same models."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sealbench.seals import SealCrop
from sealbench.truth import PageTruth, SealTruth
from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_configs.purposes import Purpose, load_purposes
from sealq_configs.settings import Settings
from sealq_configs.spec import with_parameters
from sealq_storage.readings import FieldName, NewField
from sealq_worker.careful.fields import Claim, claims_of, judged
from sealq_worker.careful.models import PipelineModels
from sealq_worker.careful.observation import Image, Observation
from sealq_worker.careful.observe import observe
from sealq_worker.devices import Device
from sealq_worker.paddlex_reader import PaddleXReader


@dataclass(frozen=True)
class StockReading:
    """What the stock pipeline reads on a seal: lines, without roles."""

    lines: tuple[str, ...]
    seconds: float
    #: Runs of a model: the detector's one, and one for each line.
    passes: int


@dataclass(frozen=True)
class CarefulReading:
    """What the careful reader reads on a seal.

    Attributes:
        fields: As a user gets them.
        claims: The same before doubtful ones were withheld.
        seconds: Models and all else.
        passes: Runs of a model.
    """

    fields: tuple[NewField, ...]
    claims: tuple[Claim, ...]
    seconds: float
    passes: int

    @property
    def said(self) -> dict[FieldName, str]:
        """What the fields say; unreadable ones say nothing."""
        return {field.name: field.text for field in self.fields if field.text is not None}


@dataclass(frozen=True)
class SealOutcome:
    """A seal and both readings."""

    seal: SealTruth
    page: PageTruth
    stock: StockReading
    careful: CarefulReading


class Readers:
    """Both readers on one set of loaded models."""

    def __init__(self, preset: str, device: Device, settings: Settings) -> None:
        """Load a preset's models, without those that find seals on pages.

        Raises:
            SealqError: The preset, a model or the purposes can't be used.
        """
        self._pipeline = _open(preset, device, settings)
        self._models = PipelineModels(self._pipeline)
        self._vocabulary: Sequence[Purpose] = load_purposes(settings.purposes_file)

    def both(self, crops: Iterable[SealCrop]) -> Iterator[SealOutcome]:
        """Read seals with both, one after the other on each, so that both meet the same machine."""
        for number, crop in enumerate(crops):
            # By turns, for the second finds warm caches.
            if number % 2:
                stock, careful = self.stock(crop.image), self.careful(crop.image)
            else:
                careful, stock = self.careful(crop.image), self.stock(crop.image)
            yield SealOutcome(crop.truth, crop.page, stock, careful)

    def stock(self, image: Image) -> StockReading:
        """Read a crop as PaddleX does, layout detection off."""
        started = time.perf_counter()
        result = next(iter(self._pipeline.predict(image)))
        seconds = time.perf_counter() - started
        lines = [text for seal in result["seal_res_list"] for text in seal["rec_texts"]]
        return StockReading(tuple(filter(None, lines)), seconds, 1 + len(lines))

    def careful(self, image: Image) -> CarefulReading:
        """Read a crop with care."""
        started = time.perf_counter()
        observation = self.observe(image)
        claims = tuple(claims_of(observation, self._vocabulary))
        fields = judged(claims, observation.geometry.shape)
        seconds = time.perf_counter() - started
        return CarefulReading(fields, claims, seconds, observation.passes)

    def observe(self, image: Image) -> Observation:
        """Look at a crop."""
        return observe(image, self._models)


def _open(preset: str, device: Device, settings: Settings) -> Any:
    """Return a preset's PaddleX pipeline for crops: what works on pages is left out."""
    chosen = load_preset(preset)
    pipeline = chosen.pipeline | {"use_layout_detection": False, "use_doc_preprocessor": False}
    spec = with_parameters(
        preset, pipeline, PredictParameters(), dpi=chosen.block.dpi, seal_crops="auto"
    )
    reader = PaddleXReader(spec, device, ModelCache(settings.models_dir), font=None)
    return reader._pipeline  # noqa: SLF001 - the reader hands out readings, the bench needs models
