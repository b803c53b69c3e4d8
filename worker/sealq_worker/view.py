"""PaddleX's result in page space.

PaddleX turns the page by a multiple of 90 degrees, may unwarp it, finds boxes in that prepared
image and polygons in crops of it. A turn is undone exactly, by the inverse of the very affine map
that PaddleX applies; an unwarping can't be, and what was found then stays in the prepared frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sealq_storage.readings import NewLine, NewRegion, RegionLabel
from sealq_worker.reader import SealReading

Point = tuple[float, float]

#: The only layout label that PaddleX reads as a seal.
SEAL_LABEL: RegionLabel = "seal"
#: Layout labels that are reported and not read.
UNREAD_LABELS: Sequence[RegionLabel] = ("cut_seal", "tax_mark")
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

    def undo_rotation(self, degrees: float) -> float:
        """Map a counter-clockwise rotation in the prepared image to `frame`: -180 to 180."""
        if self.unwarped:
            return degrees
        return (degrees - self.angle + 180) % 360 - 180

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


def regions_of(
    res: Mapping[str, Any], transform: Transform, seals: Sequence[SealReading] = ()
) -> tuple[NewRegion, ...]:
    """Return the regions of a PaddleX result: seals in its order, then what it does not read.

    The k-th seal result belongs to the k-th box labelled `seal`: PaddleX gives no other link.
    Seals come first, so that the k-th region has the k-th seal's picture. Lines in which nothing
    was recognised are left out, and so are boxes of other things on a page; `res` has them.

    Args:
        res: PaddleX's `json["res"]`.
        transform: What was done to the page image.
        seals: What a careful reading says beyond that, seal by seal; none after any other.
    """
    if not res["model_settings"]["use_layout_detection"]:
        return _careful(_whole(res["seal_res_list"], transform), seals, transform)
    boxes = res["layout_det_res"]["boxes"]
    sealed = [box for box in boxes if box["label"].lower() == SEAL_LABEL]
    located = zip(sealed, res["seal_res_list"], strict=True)
    read = tuple(_seal(box, seal, transform) for box, seal in located)
    return _careful(read, seals, transform) + tuple(
        _region(box, label, (), transform)
        for box in boxes
        for label in UNREAD_LABELS
        if box["label"].lower() == label
    )


def _careful(
    regions: tuple[NewRegion, ...], seals: Sequence[SealReading], transform: Transform
) -> tuple[NewRegion, ...]:
    if not seals:
        return regions
    return tuple(
        replace(
            region,
            fields=seal.fields,
            shape=seal.shape,
            ink=seal.ink,
            rotation=None if seal.rotation is None else transform.undo_rotation(seal.rotation),
            passes=seal.passes,
            seconds=seal.seconds,
        )
        for region, seal in zip(regions, seals, strict=True)
    )


def _whole(seals: Sequence[Mapping[str, Any]], transform: Transform) -> tuple[NewRegion, ...]:
    width, height = transform.frame_size
    whole = (0.0, 0.0, float(width), float(height))
    return tuple(
        NewRegion(transform.frame, whole, None, _lines(seal, (0, 0), transform), found_by="whole")
        for seal in seals
    )


def _seal(box: Mapping[str, Any], seal: Mapping[str, Any], transform: Transform) -> NewRegion:
    # PaddleX cuts the crop at the box's corner without its fraction.
    left, top = (int(value) for value in box["coordinate"][:2])
    return _region(box, SEAL_LABEL, _lines(seal, (left, top), transform), transform)


def _region(
    box: Mapping[str, Any],
    label: RegionLabel,
    lines: tuple[NewLine, ...],
    transform: Transform,
) -> NewRegion:
    x1, y1, x2, y2 = (float(value) for value in box["coordinate"])
    ax, ay = transform.undo((x1, y1))
    bx, by = transform.undo((x2, y2))
    corners = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
    left, top, right, bottom = (round(value, DECIMALS) for value in corners)
    placed = (left, top, right, bottom)
    # Only the second look says that it found a box.
    found_by = box.get("found_by", "layout")
    return NewRegion(transform.frame, placed, float(box["score"]), lines, label, found_by)


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
