"""The two models of a loaded seal pipeline, called one crop and one line at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.observation import Image
from sealq_worker.errors import ReaderError

#: (points, 2), x and y in pixels.
Polygon = NDArray[np.float64]

#: Height at which the recogniser looks at lines, and the least width to which they are padded: half
#: of what PaddleX pads to. The recogniser's time grows with the width, padding included.
LINE_HEIGHT = 48
LEAST_WIDTH = 160
_GREATEST_WIDTH = 3200

#: Pixels of a line's width per step of the recogniser's matrix.
STEP_WIDTH = 8

#: Probability of a line's faintest character from which on no other look is worth its time.
_SURE = 0.9

#: Index of CTC's blank.
BLANK = 0


@dataclass(frozen=True)
class Recognised:
    """What the recogniser says of a line.

    Attributes:
        text: The most probable character at each step, repetitions and blanks left out.
        characters: Probability of each character.
        at: Where each character stands, as a share of the line's width.
        matrix: (steps, classes) float32, probabilities; step t covers pixels 8 t to 8 t + 8 of the
            line at its 48 pixels of height. Steps beyond the line's own width are left out.
        alphabet: The character of each class; class 0 is the blank.
    """

    text: str
    characters: tuple[float, ...]
    at: tuple[float, ...]
    matrix: NDArray[np.float32]
    alphabet: Sequence[str]

    @property
    def score(self) -> float:
        """Mean probability of the characters; 0 where there are none."""
        return sum(self.characters) / len(self.characters) if self.characters else 0.0

    @property
    def sure(self) -> bool:
        """Whether no character is in doubt: another look would show the same."""
        return min(self.characters, default=0.0) >= _SURE


class SealModels(Protocol):
    """What the careful reader needs of models."""

    def detect(self, image: Image, side: int | None = None) -> list[Polygon]:
        """Find lines of text.

        Args:
            image: BGR.
            side: Pixels to which the shorter side is brought; None: as the pipeline does.
        """

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        """Read lines, each as if it was read alone."""


class PipelineModels:
    """The models of a PaddleX seal recognition pipeline; its engine must have a runner."""

    def __init__(self, pipeline: Any) -> None:
        """Take the models out of a pipeline.

        Args:
            pipeline: What `paddlex.create_pipeline` gave for seal recognition.

        Raises:
            ReaderError: The engine hides the models' own output.
        """
        reader = pipeline.seal_ocr_pipeline
        self._detector, self._recogniser = reader.text_det_model, reader.text_rec_model
        if not hasattr(self._recogniser, "runner"):
            raise ReaderError(
                "Careful reading needs the recogniser's probabilities, which this engine does not "
                "give. Use engine onnxruntime or paddle_static, or reading: stock."
            )
        self._resize = copy(self._recogniser.pre_tfs["ReisizeNorm"])
        self._resize.rec_image_shape = [3, LINE_HEIGHT, LEAST_WIDTH]

    def detect(self, image: Image, side: int | None = None) -> list[Polygon]:
        """Find lines of text."""
        limits = {} if side is None else {"limit_side_len": side, "limit_type": "min"}
        found = next(iter(self._detector(image, **limits)))["dt_polys"]
        return [np.asarray(polygon, float) for polygon in found]

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        """Read lines. Those that are padded to the same width go through the model together."""
        batches: dict[int, list[int]] = defaultdict(list)
        for index, image in enumerate(images):
            batches[padded_width(image)].append(index)
        found: dict[int, Recognised] = {}
        for indices in batches.values():
            lines = [images[index] for index in indices]
            found |= zip(indices, self._recognised(lines), strict=True)
        return [found[index] for index in range(len(images))]

    def _recognised(self, images: Sequence[Image]) -> list[Recognised]:
        before = self._recogniser.pre_tfs
        ready = before["ToBatch"](imgs=self._resize(imgs=before["Read"](imgs=[*images])))
        output = np.asarray(self._recogniser.runner(x=ready)[0], np.float32)
        alphabet = self._recogniser.post_op.character
        return [
            recognised(matrix[: own_steps(image)], alphabet)
            for matrix, image in zip(output, images, strict=True)
        ]


def padded_width(image: Image) -> int:
    """Return the width to which the recogniser pads a line of this shape."""
    height, width = image.shape[:2]
    padded = int(LINE_HEIGHT * max(LEAST_WIDTH / LINE_HEIGHT, width / height))
    return min(_GREATEST_WIDTH, padded)


def recognised(matrix: NDArray[np.float32], alphabet: Sequence[str]) -> Recognised:
    """Decode a matrix of CTC probabilities greedily.

    Args:
        matrix: (steps, classes).
        alphabet: The character of each class.
    """
    best = matrix.argmax(axis=1)
    fresh = np.concatenate([[True], best[1:] != best[:-1]]) if len(best) else np.zeros(0, bool)
    at = np.flatnonzero(fresh & (best != BLANK))
    return Recognised(
        text="".join(alphabet[index] for index in best[at]),
        characters=tuple(matrix[at, best[at]].tolist()),
        at=tuple(((at + 0.5) / max(1, len(best))).tolist()),
        matrix=matrix,
        alphabet=alphabet,
    )


def own_steps(image: Image) -> int:
    """Return how many steps of the matrix lie on the line itself, not on its padding."""
    height, width = image.shape[:2]
    own = min(_GREATEST_WIDTH, LINE_HEIGHT * width / height)
    return max(1, int(np.ceil(own / STEP_WIDTH)))
