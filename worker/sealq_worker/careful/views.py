"""The pictures of one seal that are read: the crop itself, and what is left of it without print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from sealq_worker.careful.geometry import find_geometry
from sealq_worker.careful.ink import InkPicture, absorbance, as_grey, inks_of
from sealq_worker.careful.lines import Mask, rules_in
from sealq_worker.careful.observation import Geometry, Image
from sealq_worker.careful.pixels import in_colour, least_of, most_of

#: How much better a coloured ink's fit counts: black may be the print around.
_COLOUR_BONUS = 0.1
#: Worth from which no other ink is tried.
_SURE = 0.75

#: Absorbance in all channels from which a pixel is taken for print, and from which it surely is.
_PRINT = (0.25, 0.55)

#: Of 255: darker pixels have ink; lighter ones have none.
_MIDDLE_GREY, _LIGHT_GREY = 170, 225


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

    def drawn(self, name: str, draw: Callable[[Image], Image]) -> Image:
        """Return a view drawn in another way; a grey one once, not once for each channel.

        Args:
            name: Of the view.
            draw: Takes and returns (h, w, 3), or (h, w).
        """
        view: Image = getattr(self, name)
        return draw(view) if name == "crop" else in_colour(draw(np.ascontiguousarray(view[..., 0])))

    @cached_property
    def rules(self) -> Mask:
        """Where tables, bars and edges of sheets are, (h, w), 0 and 1."""
        return rules_in(dark_in([getattr(self, name) for name in self.trusted]))


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
    strongest = most_of(absorbed)
    inked = strongest[picture.mask > 0]
    full = float(np.quantile(inked, 0.7)) if inked.size else 1.0
    dark = as_grey((strongest / max(0.2, full)).astype(np.float32))
    first, last = _PRINT
    black = np.asarray(cv2.blur(least_of(absorbed), (3, 3)), np.float32)
    weight = np.clip((black - first) / (last - first), 0, 1)
    return in_colour((dark * (1 - weight) + as_grey(picture.amount) * weight).astype(np.uint8))


def dark_in(views: Sequence[Image]) -> Mask:
    """Return where there is ink, (h, w), 0 and 1: dark in the first view, not bare in the others.

    Print is missing in one view, strokes are soft in the other.
    """
    bounds = (_MIDDLE_GREY, *[_LIGHT_GREY] * (len(views) - 1))
    dark = [most_of(view) < bound for view, bound in zip(views, bounds, strict=True)]
    return np.asarray(np.logical_and.reduce(dark), np.uint8)
