"""PaddleX's result in page space.

PaddleX turns the page by a multiple of 90 degrees, may unwarp it, finds boxes in that prepared
image and polygons in crops of it. A turn is undone exactly, by the inverse of the very affine map
that PaddleX applies; an unwarping can't be, and what was found then stays in the prepared frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sealq_storage.readings import NewLine, NewRegion

Point = tuple[float, float]

#: The only layout label that PaddleX reads as a seal.
SEAL_LABEL = "seal"
#: Decimals of stored coordinates: a hundredth of a pixel.
DECIMALS = 2


@dataclass(frozen=True)
class Transform:
    """How the page image became the prepared image."""

    #: Degrees counter-clockwise: 0, 90, 180 or 270.
    angle: int
    unwarped: bool
    #: Size of the page image in pixels.
    width: int
    height: int

    @property
    def frame(self) -> Literal["page", "prepared"]:
        """The frame in which regions can be given."""
        return "prepared" if self.unwarped else "page"

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height of `frame` in pixels."""
        lies = self.unwarped and self.angle in {90, 270}
        return (self.height, self.width) if lies else (self.width, self.height)

    def undo(self, point: Point) -> Point:
        """Map a point of the prepared image to `frame`.

        PaddleX turns about (w/2, h/2) and shifts to the new size, so that (x, y) becomes
        (y, w-x), (w-x, h-y), (h-y, x) for 90, 180, 270 degrees.
        """
        x, y = point
        if self.unwarped or self.angle == 0:
            return x, y
        if self.angle == 90:  # noqa: PLR2004
            return self.width - y, x
        if self.angle == 180:  # noqa: PLR2004
            return self.width - x, self.height - y
        return y, self.height - x

    def to_json(self) -> dict[str, Any]:
        """Return the transform as JSON values."""
        return asdict(self)


def transform_of(res: Mapping[str, Any], width: int, height: int) -> Transform:
    """Read from PaddleX's result what was done to a page image of this size."""
    prepared = res.get("doc_preprocessor_res") or {}
    settings = prepared.get("model_settings", {})
    # PaddleX writes -1 where the orientation was not asked for.
    angle = max(int(prepared.get("angle", 0)), 0)
    return Transform(angle, bool(settings.get("use_doc_unwarping", False)), width, height)


def regions_of(res: Mapping[str, Any], transform: Transform) -> tuple[NewRegion, ...]:
    """Return the regions of a PaddleX result, in its order.

    The k-th seal result belongs to the k-th box labelled `seal`: PaddleX gives no other link.
    Lines in which nothing was recognised are left out; `res` has them.
    """
    if not res["model_settings"]["use_layout_detection"]:
        width, height = transform.frame_size
        whole = (0.0, 0.0, float(width), float(height))
        return tuple(
            NewRegion(transform.frame, whole, None, _lines(seal, (0, 0), transform))
            for seal in res["seal_res_list"]
        )
    boxes = [box for box in res["layout_det_res"]["boxes"] if box["label"].lower() == SEAL_LABEL]
    return tuple(
        _region(box, seal, transform) for box, seal in zip(boxes, res["seal_res_list"], strict=True)
    )


def _region(box: Mapping[str, Any], seal: Mapping[str, Any], transform: Transform) -> NewRegion:
    x1, y1, x2, y2 = (float(value) for value in box["coordinate"])
    ax, ay = transform.undo((x1, y1))
    bx, by = transform.undo((x2, y2))
    corners = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
    left, top, right, bottom = (round(value, DECIMALS) for value in corners)
    # PaddleX cuts the crop at the box's corner without its fraction.
    lines = _lines(seal, (int(x1), int(y1)), transform)
    return NewRegion(transform.frame, (left, top, right, bottom), float(box["score"]), lines)


def _lines(
    seal: Mapping[str, Any], offset: tuple[int, int], transform: Transform
) -> tuple[NewLine, ...]:
    found = zip(seal["rec_texts"], seal["rec_scores"], seal["rec_polys"], strict=True)
    return tuple(
        NewLine(text, float(score), _placed(polygon, offset, transform))
        for text, score, polygon in found
        if text
    )


def _placed(
    polygon: Sequence[Sequence[float]], offset: tuple[int, int], transform: Transform
) -> tuple[Point, ...]:
    dx, dy = offset
    points = (transform.undo((float(x) + dx, float(y) + dy)) for x, y in polygon)
    return tuple((round(x, DECIMALS), round(y, DECIMALS)) for x, y in points)
