"""The reader interface: one page image in, what its seals say out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from PIL.Image import Image

from sealq_storage.readings import NewField
from sealq_worker.documents import PageImage


@dataclass(frozen=True)
class SealReading:
    """What a careful reading says of one seal beyond its lines."""

    fields: tuple[NewField, ...]
    #: `round`, `oval`, `square`, `rectangle` or `diamond`.
    shape: str
    #: `red`, `blue`, `purple` or `black`.
    ink: str
    #: Degrees counter-clockwise in the prepared image; None where nothing on the seal tells.
    rotation: float | None
    #: Runs of a model.
    passes: int
    seconds: float


@dataclass(frozen=True)
class RawReading:
    """What a pipeline says of a page, in its own terms."""

    #: PaddleX's `json["res"]`, unchanged.
    res: dict[str, Any]
    #: Pictures by name (`layout_det_res`, `seal_res_region1`, ..., `preprocessed_img`); they may be
    #: drawn at the first look, in whatever thread that is.
    pictures: Mapping[str, Image]
    #: `whole`: the picture was taken as one seal, without layout detection.
    looked: Literal["layout", "whole"]
    #: The predict parameters that were used.
    parameters: Mapping[str, Any]
    #: Seconds by stage: `read`, of that `second_look` where one was taken.
    seconds: Mapping[str, float]
    #: One for each seal of `res`, in its order; none where the reading was not careful.
    seals: tuple[SealReading, ...] = ()
    #: How surely the page holds no seal, 0 to 1; None where seals were found, or the preset takes
    #: no second look.
    empty_score: float | None = None


class Reader(Protocol):
    """Reads pages one at a time, in the process and thread that made it."""

    def read(self, page: PageImage) -> RawReading:
        """Read the seals of one page.

        Raises:
            Exception: Whatever the pipeline raises. The page alone fails.
        """

    def side_by_side(self, work: Callable[[Reader], None]) -> None:
        """Have work done by as many readers at a time as the device is worth: here, by this one.

        Args:
            work: Reads pages until there are none; called once for each reader, with it.

        Raises:
            Exception: What `work` raised, when all of them have ended.
        """
        work(self)
