"""Lines of seals as straight strips: what the recogniser was shown, kept for people to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures

from sealq_storage.objects.keys import line_picture
from sealq_worker.careful.observation import Candidate, Image, Observation
from sealq_worker.careful.pixels import resampled
from sealq_worker.paddlex_parts import stages_of

Points = NDArray[np.float64]
#: A line's polygon in its crop, and the strip.
Cut = tuple[Points, Image]

#: Pixels of height of a strip that is cut here: what recognisers take.
_HEIGHT = 48


class KeptStrips:
    """Stands in the place of PaddleX's cutter of lines, and keeps what it cut of a page.

    Cutting bent lines takes a tenth of a second a seal: nothing is cut twice.
    """

    def __init__(self, cutter: Callable[[Image, Sequence[Any]], Sequence[Image]]) -> None:
        self._cutter = cutter
        self._seals: list[list[Cut]] = []

    def __call__(self, crop: Image, polygons: Sequence[Any]) -> list[Image]:
        """Cut the lines of a crop; PaddleX calls it for each crop in which it found any."""
        strips = list(self._cutter(crop, polygons))
        outlines = [np.asarray(polygon, float) for polygon in polygons]
        self._seals.append(list(zip(outlines, strips, strict=True)))
        return strips

    def take(self) -> list[list[Cut]]:
        """Return what was cut since the last call, seal by seal."""
        taken, self._seals = self._seals, []
        return taken


def keep_strips(ocr: Any) -> KeptStrips:
    """Put a keeper in the place of the cutter of a PaddleX OCR pipeline."""
    inner = stages_of(ocr)
    kept = inner._crop_by_polys = KeptStrips(inner._crop_by_polys)  # noqa: SLF001
    return kept


def careful_strips(
    seals: Sequence[Mapping[str, Any]], seen: Sequence[tuple[Image, Observation]]
) -> list[list[Cut]]:
    """Cut the lines that a careful reading chose, of those seals in which it found any."""
    return [
        [_cut(crop, group[0]) for group in observation.groups if group]
        for seal, (crop, observation) in zip(seals, seen, strict=True)
        if len(seal["dt_polys"])
    ]


def strip_pictures(
    seals: Sequence[Mapping[str, Any]], cuts: Sequence[Sequence[Cut]]
) -> dict[str, Pictures.Image]:
    """Return the strips of a page by the names of their pictures.

    Args:
        seals: PaddleX's `seal_res_list`.
        cuts: What was cut of those seals in which lines were found, in their order.
    """
    found = iter(cuts)
    pictures: dict[str, Pictures.Image] = {}
    for region, seal in enumerate(seals, start=1):
        if len(seal["dt_polys"]):
            pictures |= _of_seal(region, seal, next(found, ()))
    return pictures


def unwrapped(crop: Image, outline: Points) -> Image:
    """Return a band as a straight strip.

    Args:
        crop: BGR.
        outline: (2n, 2), along the band's upper edge and back along its lower one.
    """
    half = len(outline) // 2
    upper, lower = outline[:half], outline[half:][::-1]
    thickness = max(1.0, float(np.linalg.norm(lower - upper, axis=1).mean()))
    length = _length((upper + lower) / 2)
    width = max(_HEIGHT, round(length / thickness * _HEIGHT))
    top, bottom = _spread(upper, width), _spread(lower, width)
    down = ((np.arange(_HEIGHT) + 0.5) / _HEIGHT)[:, None, None]
    return resampled(crop, top + (bottom - top) * down)


def _cut(crop: Image, line: Candidate) -> Cut:
    outline = np.asarray(line.polygon, float)
    strip = unwrapped(crop, outline)
    # Along the bottom of a ring what is upright there stands on its head in the strip.
    return outline, strip[::-1, ::-1] if line.place == "bottom" else strip


def _of_seal(
    region: int, seal: Mapping[str, Any], cuts: Sequence[Cut]
) -> dict[str, Pictures.Image]:
    said = zip(seal["rec_texts"], seal["rec_polys"], strict=True)
    # Numbered as the lines of the region are: those without a text are left out.
    outlines = [np.asarray(polygon, float) for text, polygon in said if text]
    return {
        line_picture(region, number): _picture(strip)
        for number, outline in enumerate(outlines, start=1)
        for kept, strip in cuts
        if kept.shape == outline.shape and np.allclose(kept, outline, atol=0.01) and strip.size
    }


def _picture(strip: Image) -> Pictures.Image:
    return Pictures.fromarray(np.ascontiguousarray(strip[:, :, ::-1]))


def _length(points: Points) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _spread(points: Points, count: int) -> Points:
    """Return points evenly along a line of points."""
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    along = (np.arange(count) + 0.5) / count * steps[-1]
    return np.stack([np.interp(along, steps, points[:, axis]) for axis in (0, 1)], axis=1)
