"""How a seal looks, in two numbers by which the same impression is found on other documents.

Only the ink of the seal counts, without the margin that a box leaves around it: boxes are never
quite the same, and the seal may lie on other words each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_storage.impressions import NewImpression
from sealq_storage.readings import NewRegion

Image = NDArray[np.uint8]
Grey = NDArray[np.uint8]

#: Spread between a pixel's strongest and weakest channel (0 to 255) from which it is ink; where
#: nothing on a crop is coloured, darkness below white from which it is.
_LEAST_INK = 50
#: Share of a crop's pixels from which its coloured ink is the seal's.
_LEAST_COLOURED = 0.01
#: Pixels of ink in a row and a column from which it is no speck, and sides of a seal with less of
#: which nothing can be told.
_LEAST_IN_LINE, _LEAST_SIDE = 2, 32
#: By which share of its sides a box is widened: where it cuts into the seal, by so much at most.
_WIDENED = 0.05
#: Pixels of the side to which a seal is brought before it is hashed.
_SIDE = 128


def with_impressions(regions: Sequence[NewRegion], page: Image) -> tuple[NewRegion, ...]:
    """Return regions with how their seals look.

    Args:
        regions: Of a page; those that are no seal, or lie in an unwarped image, stay as they are.
        page: (h, w, 3) BGR, the page image.
    """
    return tuple(
        replace(region, impression=impression_of(_crop(page, region.box)))
        if region.label == "seal" and region.frame == "page"
        else region
        for region in regions
    )


def impression_of(crop: Image) -> NewImpression | None:
    """Return how the seal of a crop looks; None where there is too little ink.

    Args:
        crop: (h, w, 3) BGR, the seal and little else.
    """
    if min(crop.shape[:2]) < _LEAST_SIDE:
        return None
    strength = _strength(crop)
    place = _place(strength)
    if place is None:
        return None
    return NewImpression(_pixels_sha256(crop[place], strength[place]), _look(strength[place]))


def _crop(page: Image, box: Sequence[float]) -> Image:
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * _WIDENED, (y2 - y1) * _WIDENED
    left, top = max(0, int(x1 - dx)), max(0, int(y1 - dy))
    return page[top : int(y2 + dy) + 1, left : int(x2 + dx) + 1]


def _strength(crop: Image) -> Grey:
    """Return how strong each pixel's ink is, 0 to 255: its colour, on grey crops its darkness."""
    coloured = np.max(crop, axis=2) - np.min(crop, axis=2)
    if (coloured >= _LEAST_INK).mean() >= _LEAST_COLOURED:
        return np.asarray(coloured, np.uint8)
    return np.asarray(255 - np.max(crop, axis=2), np.uint8)


def _place(strength: Grey) -> tuple[slice, slice] | None:
    """Return rows and columns of the ink; specks do not widen it."""
    ink = cv2.medianBlur(strength, 3) >= _LEAST_INK
    spans = []
    for axis in (1, 0):
        found = np.flatnonzero(ink.sum(axis=axis) >= _LEAST_IN_LINE)
        if not found.size or found[-1] - found[0] < _LEAST_SIDE:
            return None
        spans.append(slice(int(found[0]), int(found[-1]) + 1))
    return spans[0], spans[1]


def _pixels_sha256(crop: Image, strength: Grey) -> str:
    """Return a hash of the ink's own pixels: what lies between them belongs to the page."""
    own = np.where((strength >= _LEAST_INK)[..., None], crop, 255).astype(np.uint8)
    size = np.array(own.shape[:2], "<i8")
    return hashlib.sha256(size.tobytes() + own.tobytes()).hexdigest()


def _look(strength: Grey) -> int:
    """Return the perceptual hash: the signs of the lowest frequencies."""
    calm = cv2.medianBlur(strength, 3)
    small = cv2.resize(calm, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    bits = cv2.img_hash.pHash(small)
    return int.from_bytes(np.asarray(bits, np.uint8).tobytes(), "big")
