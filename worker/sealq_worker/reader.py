"""The reader interface: one page image in, what its seals say out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from PIL.Image import Image

from sealq_worker.documents import PageImage


@dataclass(frozen=True)
class RawReading:
    """What a pipeline says of a page, in its own terms."""

    #: PaddleX's `json["res"]`, unchanged.
    res: dict[str, Any]
    #: Drawn pictures by name (`layout_det_res`, `seal_res_region1`, ..., `preprocessed_img`).
    pictures: Mapping[str, Image]
    #: `whole`: the picture was taken as one seal, without layout detection.
    looked: Literal["layout", "whole"]
    #: The predict parameters that were used.
    parameters: Mapping[str, Any]
    #: Seconds by stage (`read`, `draw`).
    seconds: Mapping[str, float]


class Reader(Protocol):
    """Reads pages one at a time, in the process and thread that made it."""

    def read(self, page: PageImage) -> RawReading:
        """Read the seals of one page.

        Raises:
            Exception: Whatever the pipeline raises. The page alone fails.
        """
