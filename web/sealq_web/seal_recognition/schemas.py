"""Requests and answers of `/seal-recognition`, of both generations of PaddleX's server."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from sealq_configs.parameters import (
    ClassId,
    Fraction,
    MergeMode,
    PositiveFraction,
    Ratio,
    Ratios,
)
from sealq_web.paddlex_form import PaddleXModel, PaddleXStatus


def _without_fraction(value: object) -> object:
    """Take 736.0 for 736: not every client has integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Pixels = Annotated[int, BeforeValidator(_without_fraction)]

_FILE = "The file's bytes in Base64, or a URL of it where the service may fetch such"


class SealRequest(PaddleXModel):
    """A document, as PaddleX 3.x takes it. What is not set, or null, is as in the preset."""

    file: str = Field(min_length=1, description=_FILE)
    file_type: Literal[0, 1] | None = Field(
        None, description="0: a PDF, 1: a picture; what is not said is seen by the bytes"
    )
    use_doc_orientation_classify: bool | None = None
    use_doc_unwarping: bool | None = None
    use_layout_detection: bool | None = None
    layout_threshold: Fraction | dict[ClassId, Fraction] | None = None
    layout_nms: bool | None = None
    layout_unclip_ratio: Ratio | Ratios | None = None
    layout_merge_bboxes_mode: MergeMode | None = None
    seal_det_limit_side_len: Annotated[Pixels, Field(ge=32, le=4000)] | None = None
    seal_det_limit_type: Literal["min", "max", "resize_long"] | None = None
    seal_det_thresh: PositiveFraction | None = None
    seal_det_box_thresh: PositiveFraction | None = None
    seal_det_unclip_ratio: Ratio | None = None
    seal_rec_score_thresh: Fraction | None = None
    visualize: bool | None = Field(None, description="false: pictures are left out of the answer")


class InferenceParams(PaddleXModel):
    """What the older server let a client choose."""

    max_long_side: Annotated[Pixels, Field(ge=1)] | None = Field(
        None, description="A longer side is shrunk to it before texts are looked for"
    )


class OlderSealRequest(PaddleXModel):
    """A picture, as PaddleX 3.0 beta took it."""

    image: str = Field(min_length=1, description=_FILE)
    inference_params: InferenceParams | None = None


def _generation(value: Any) -> str:
    return "older" if isinstance(value, dict) and "file" not in value and "image" in value else "3"


#: A request that has `image` and no `file` is of the older generation.
AnySealRequest = Annotated[
    Annotated[SealRequest, Tag("3")] | Annotated[OlderSealRequest, Tag("older")],
    Discriminator(_generation),
]


class Size(PaddleXModel):
    """Pixels of a page image."""

    width: int
    height: int


class ImageInfo(Size):
    """What a picture is."""

    type: Literal["image"] = "image"


class PagesInfo(PaddleXModel):
    """What a document of pages is."""

    num_pages: int
    pages: list[Size]
    type: Literal["pdf", "tiff"]


class SealRecResult(PaddleXModel):
    """What was read on one page."""

    pruned_result: dict[str, Any] = Field(description="PaddleX's own result of the page")
    output_images: dict[str, str] | None = Field(
        None, description="Drawn pictures by name, JPEG in Base64; left out where none are wanted"
    )
    input_image: str | None = Field(None, description="The page itself, likewise")


class SealResult(PaddleXModel):
    """What was read in a document, a result for each of its pages."""

    seal_rec_results: list[SealRecResult]
    data_info: ImageInfo | PagesInfo


class SealAnswer(PaddleXStatus):
    """The answer to `file`."""

    result: SealResult


class ImpressionText(PaddleXModel):
    """A text of a seal."""

    poly: list[tuple[int, int]] = Field(description="Corners around it, in pixels of the picture")
    text: str
    score: float


class SealImpression(ImpressionText):
    """A text of a seal. PaddleX's documentation had two forms: this one is both of them."""

    texts: list[ImpressionText] = Field(description="The same text once more, as a list of one")


class OlderSealResult(PaddleXModel):
    """What was read on a picture."""

    seal_impressions: list[SealImpression]
    layout_image: str = Field(description="The picture with the seals' boxes, JPEG in Base64")


class OlderSealAnswer(PaddleXStatus):
    """The answer to `image`."""

    result: OlderSealResult
