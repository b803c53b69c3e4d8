"""The careful reader in the place of PaddleX's OCR, inside its seal pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sealq_configs.purposes import Vocabulary
from sealq_worker.careful.fields import fields_of
from sealq_worker.careful.models import PipelineModels
from sealq_worker.careful.observation import Candidate, Image, Observation
from sealq_worker.careful.observe import observe
from sealq_worker.reader import SealReading


class CarefulOcr:
    """Takes crops as PaddleX's OCR does, answers in its form, and keeps what it says beyond."""

    def __init__(self, pipeline: Any, vocabulary: Vocabulary) -> None:
        """Read with the models of a pipeline.

        Args:
            pipeline: PaddleX's seal recognition, loaded.
            vocabulary: Known purposes.

        Raises:
            ReaderError: The pipeline's engine hides the models' own output.
        """
        self._models = PipelineModels(pipeline)
        self._vocabulary = vocabulary
        #: Of the last page, in the order of its seals.
        self.seals: list[SealReading] = []
        #: What they rest on: the crops and what was seen on them.
        self.seen: list[tuple[Image, Observation]] = []

    def __call__(self, crops: Sequence[Image], **parameters: Any) -> Iterator[Any]:
        """Yield PaddleX's result for each crop.

        Args:
            crops: BGR.
            parameters: What PaddleX hands to its OCR; only `text_rec_score_thresh` is used.
        """
        self.seals, self.seen = [], []
        least = parameters.get("text_rec_score_thresh") or 0.0
        for crop in crops:
            observation = observe(crop, self._models)
            self.seals.append(self._reading_of(observation))
            self.seen.append((crop, observation))
            best = [group[0] for group in observation.groups if group]
            yield _result(crop, [line for line in best if line.score >= least], least)

    def _reading_of(self, observation: Observation) -> SealReading:
        geometry = observation.geometry
        return SealReading(
            fields=fields_of(observation, self._vocabulary),
            shape=geometry.shape,
            ink=observation.ink,
            rotation=geometry.rotation,
            passes=observation.passes,
            seconds=round(observation.seconds, 4),
        )


def _result(crop: Image, lines: Sequence[Candidate], least: float) -> Any:
    """Return lines in the form of PaddleX's OCR result."""
    from paddlex.inference.pipelines.ocr.result import OCRResult
    from paddlex.utils.fonts import SIMFANG_FONT

    polygons = [np.array(line.polygon) for line in lines]
    return OCRResult(
        {
            "input_path": None,
            "page_index": None,
            "doc_preprocessor_res": {"output_img": crop},
            "model_settings": {"use_doc_preprocessor": False, "use_textline_orientation": False},
            "dt_polys": polygons,
            "text_det_params": {},
            "text_type": "seal",
            "text_rec_score_thresh": least,
            "return_word_box": False,
            "rec_texts": [line.text for line in lines],
            "rec_scores": [line.score for line in lines],
            "rec_polys": polygons,
            "rec_boxes": np.array([]),
            "vis_fonts": [SIMFANG_FONT] * len(lines),
        }
    )
