"""One picture per seal that shows, step by step, how it was read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from sealq_worker.careful.observation import Candidate, Geometry, Image, Observation
from sealq_worker.careful.outline import family_of, outline_of
from sealq_worker.careful.ring import OUTER_BAND, top_of
from sealq_worker.careful.unwrap import Strip, outline_of_strip, unwrapped

#: Pixels: width of the picture, side of a tile in it, height of a strip, of text, between things.
_WIDTH, _TILE, _STRIP, _TEXT, _GAP = 1000, 320, 64, 18, 8

#: RGB: ground, writing, outline of the seal, of the ring's text, of the texts chosen.
_GROUND, _WRITING = (250, 250, 247), (40, 40, 40)
_OUTLINE, _BAND, _CHOSEN = (0, 140, 60), (40, 110, 200), (200, 120, 0)

#: Candidates shown of each text.
_SHOWN = 4

#: Points that an outline is drawn with.
_POINTS = 180


def explain(crop: Image, observation: Observation, font: Path) -> Pictures.Image:
    """Draw how a seal was read.

    Args:
        crop: What was given to `observe`, (h, w, 3) BGR.
        observation: What it returned.
        font: A font with Chinese characters.

    Returns:
        RGB: the crop, the ink found in it, the outline and texts on the ink alone; the ring as a
        strip; then each text's candidates, the chosen one first.
    """
    letters = ImageFont.truetype(str(font), _TEXT)
    parts = [_tiles(crop, observation), *_strips(observation), _writing(observation, letters)]
    height = sum(part.height + _GAP for part in parts) + _GAP
    sheet = Pictures.new("RGB", (_WIDTH, height), _GROUND)
    y = _GAP
    for part in parts:
        sheet.paste(part, (_GAP, y))
        y += part.height + _GAP
    return sheet


def _tiles(crop: Image, observation: Observation) -> Pictures.Image:
    geometry, groups = observation.geometry, observation.groups
    pictures = [
        _outlined(_picture(crop), geometry),
        _picture(observation.steps["mask"]),
        _with_texts(_picture(observation.steps["clean"]), groups),
    ]
    row = Pictures.new("RGB", (3 * _TILE + 2 * _GAP, _TILE), _GROUND)
    for i, picture in enumerate(pictures):
        picture.thumbnail((_TILE, _TILE))
        row.paste(picture, (i * (_TILE + _GAP), 0))
    return row


def _strips(observation: Observation) -> Iterator[Pictures.Image]:
    geometry = observation.geometry
    if family_of(geometry) == "ellipse":
        bottom = top_of(geometry, geometry.rotation or 0.0) + 0.5
        ring = Strip(bottom, 1.0, 0.0, OUTER_BAND[1] * geometry.axes[1])
        strip = _picture(unwrapped(observation.steps["sharp"], geometry, ring, _STRIP))
        yield strip.resize((min(_WIDTH - 2 * _GAP, strip.width), _STRIP))


def _writing(observation: Observation, letters: ImageFont.FreeTypeFont) -> Pictures.Image:
    lines = [_said(observation)]
    for group in observation.groups:
        lines.append(f"{group[0].place}: {_reading(group[0])}")
        lines += [f"      or {_reading(other)}" for other in group[1:_SHOWN]]
    sheet = Pictures.new("RGB", (_WIDTH - 2 * _GAP, len(lines) * (_TEXT + _GAP)), _GROUND)
    pen = ImageDraw.Draw(sheet)
    for i, line in enumerate(lines):
        pen.text((0, i * (_TEXT + _GAP)), line, fill=_WRITING, font=letters)
    return sheet


def _said(observation: Observation) -> str:
    geometry = observation.geometry
    turned = "?" if geometry.rotation is None else f"{geometry.rotation:.0f}°"
    return (
        f"{observation.ink} {geometry.shape}, turned by {turned}, ink under {geometry.fit:.0%} of "
        f"its outline; {observation.passes} passes, {observation.seconds:.2f} s"
    )


def _reading(candidate: Candidate) -> str:
    return f"{candidate.text}  {candidate.score:.3f}  ({candidate.source})"


def _outlined(picture: Pictures.Image, geometry: Geometry) -> Pictures.Image:
    pen = ImageDraw.Draw(picture)
    width = max(1, picture.width // 150)
    _closed(pen, outline_of(geometry, _POINTS), _OUTLINE, width)
    if family_of(geometry) == "ellipse":
        inner, outer = geometry.band
        short = geometry.axes[1]
        for edge in (inner, outer):
            ring = Strip(0.0, 1.0, (1 - edge) * short, short)
            _closed(pen, outline_of_strip(geometry, ring, _POINTS)[:_POINTS], _BAND, width)
    return picture


def _with_texts(
    picture: Pictures.Image, groups: tuple[tuple[Candidate, ...], ...]
) -> Pictures.Image:
    pen = ImageDraw.Draw(picture)
    for group in groups:
        _closed(pen, np.array(group[0].polygon), _CHOSEN, max(1, picture.width // 150))
    return picture


def _closed(
    pen: ImageDraw.ImageDraw,
    points: NDArray[np.float64] | tuple[tuple[float, float], ...],
    colour: tuple[int, int, int],
    width: int,
) -> None:
    corners = [(float(x), float(y)) for x, y in points]
    pen.line([*corners, corners[0]], fill=colour, width=width)


def _picture(image: NDArray[np.uint8]) -> Pictures.Image:
    # Grey or BGR, as OpenCV has it.
    code = cv2.COLOR_GRAY2RGB if image.ndim == 2 else cv2.COLOR_BGR2RGB  # noqa: PLR2004 - (h, w)
    return Pictures.fromarray(np.asarray(cv2.cvtColor(image, code), np.uint8))
