"""The pictures of one seal that are read: the crop itself, and what is left of it without print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from sealq_worker.careful.geometry import find_geometry
from sealq_worker.careful.ink import Amounts, InkPicture, absorbance, as_picture, inks_of
from sealq_worker.careful.observation import Geometry, Image

#: How much better a coloured ink's fit counts: black may be the print around.
_COLOUR_BONUS = 0.1
#: Worth from which no other ink is tried.
_SURE = 0.75

#: Absorbance in all channels from which a pixel is taken for print, and from which it surely is.
_PRINT = (0.25, 0.55)


@dataclass(frozen=True)
class SealViews:
    """One seal, seen in several ways; all pictures (h, w, 3) uint8, in the crop's pixels.

    Attributes:
        crop: As it was given, BGR.
        clean: The seal's ink alone, dark on white. Colour is coarser than brightness in JPEGs:
            strokes are soft.
        sharp: All that is dark in sharp strokes; where print is, the clean picture.
        picture: Amount and mask of the ink.
        geometry: How the seal lies.
    """

    crop: Image
    clean: Image
    sharp: Image
    picture: InkPicture
    geometry: Geometry

    @property
    def trusted(self) -> tuple[str, ...]:
        """Names of the views to read: of coloured ink those without the print around it."""
        return ("sharp", "crop") if self.picture.ink == "black" else ("sharp", "clean")


def look_at(crop: Image) -> SealViews:
    """Find the seal in its crop and draw the views of it.

    Args:
        crop: (h, w, 3) BGR.
    """
    picture, geometry = _best(inks_of(crop))
    return SealViews(crop, picture.clean, sharpened(crop, picture), picture, geometry)


def _best(pictures: Iterable[InkPicture]) -> tuple[InkPicture, Geometry]:
    """Return the ink of which a seal's outline is drawn best."""
    best: tuple[float, InkPicture, Geometry] | None = None
    for picture in pictures:
        geometry, worth = find_geometry(picture.mask)
        worth += _COLOUR_BONUS * (picture.ink != "black")
        if best is None or worth > best[0]:
            best = worth, picture, geometry
        if worth > _SURE:
            break
    assert best is not None  # noqa: S101 - black is always among the inks
    return best[1:]


def sharpened(crop: Image, picture: InkPicture) -> Image:
    """Return all that is dark in sharp strokes; where print is, the ink alone.

    Args:
        crop: (h, w, 3) BGR.
        picture: Of the seal's ink, in the same pixels.
    """
    if picture.ink == "black":
        return picture.clean
    absorbed = absorbance(crop)
    strongest: Amounts = absorbed.max(axis=2)
    inked = strongest[picture.mask > 0]
    full = float(np.quantile(inked, 0.7)) if inked.size else 1.0
    dark = as_picture((strongest / max(0.2, full)).astype(np.float32))
    first, last = _PRINT
    black = cv2.blur(absorbed.min(axis=2), (3, 3))
    weight = np.clip((black - first) / (last - first), 0, 1)[..., None]
    return np.asarray(dark * (1 - weight) + picture.clean * weight, np.uint8)
