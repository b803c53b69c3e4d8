"""A reader that reads nothing: quick and always the same, for tests of all that surrounds reading.

A pipeline file chooses it with `reader: "null"`:

    pipeline_name: seal_recognition
    reader: "null"
"""

from __future__ import annotations

import hashlib
from typing import Any

from PIL import Image

from sealq_worker.documents import PageImage
from sealq_worker.reader import RawReading, Reader

#: What stands under `reader` in a pipeline file.
NULL_READER = "null"
#: Digits of the page's hash that its one line says.
TEXT_DIGITS = 12


class NullReader(Reader):
    """Finds on every page one region with one line: the beginning of the pixels' sha256."""

    def __init__(self, *, draws: bool) -> None:
        """Load nothing.

        Args:
            draws: Whether it gives a picture: the page as it came.
        """
        self._draws = draws

    def read(self, page: PageImage) -> RawReading:
        """Take the middle of the page as a seal."""
        text = hashlib.sha256(page.image.tobytes()).hexdigest()[:TEXT_DIGITS]
        height, width = page.image.shape[:2]
        pictures = {}
        if self._draws:
            pictures["layout_det_res"] = Image.fromarray(page.image[:, :, ::-1])  # PaddleX's BGR
        return RawReading(
            res=_result(width, height, text),
            pictures=pictures,
            looked="layout",
            parameters={},
            seconds={"read": 0.0},
        )


def _result(width: int, height: int, text: str) -> dict[str, Any]:
    """Return what PaddleX would say of a seal in the middle half of a page."""
    left, top, right, bottom = width / 4, height / 4, width * 3 / 4, height * 3 / 4
    box = {"cls_id": 0, "label": "seal", "score": 1.0, "coordinate": [left, top, right, bottom]}
    corners = [[0, 0], [right - left, 0], [right - left, bottom - top], [0, bottom - top]]
    seal = {"rec_texts": [text], "rec_scores": [1.0], "rec_polys": [corners]}
    return {
        "model_settings": {"use_doc_preprocessor": False, "use_layout_detection": True},
        "layout_det_res": {"boxes": [box]},
        "seal_res_list": [seal],
    }
