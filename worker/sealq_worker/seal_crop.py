"""Is a picture a cut-out of one seal? Then there is nothing to locate: it is read whole.

A cut-out that is not taken for one goes through the layout model like any page and may still be
read. A page that is taken for one is lost: every doubt ends in "no".
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

#: Pixels. A seal is 40 to 60 mm wide, so even a 400 DPI scan of it stays below.
_LONGEST_SIDE = 1000

#: Pixels. Text is not to be read below.
_SHORTEST_SIDE = 48

#: Longer side to shorter. Oval seals reach 1.5 (45 x 30 mm); VAT invoices have 1.7.
_GREATEST_ASPECT = 1.6

#: Pixels of the longer side at which the picture is looked at: specks are gone, rings still there.
_WORKING_SIDE = 256

#: Spread between a pixel's strongest and weakest channel (0 to 255) from which it is coloured:
#: black text, grey scans and the tint of paper stay below.
_LEAST_CHROMA = 50

#: OpenCV hues (0 to 179) that ink of seals does not have: yellow, green, old paper.
_FOREIGN_HUES = (15, 95)
_ALL_HUES = 180

#: A seal is of one ink: this share of it lies within so many hues of the middle one. In photos it
#: does not.
_LEAST_OF_ONE_INK = 0.8
_HUES_OF_ONE_INK = 15

#: Share of coloured pixels. Thin lines and faint traces have less.
_LEAST_INK = 0.06

#: Longer side to shorter of a picture with a square seal. No page is so square: US letter has 1.29.
_GREATEST_ASPECT_OF_SQUARE = 1.2

#: Share of ink in the middle of a square seal. Tables and certificates are frames too, but what
#: stands inside is black, or a few thin lines.
_LEAST_INK_OF_SQUARE = 0.15

#: Share of its bounding box from which an outline is a rectangle. An ellipse has 0.785 of it.
_SQUARENESS = 0.90

#: Share of the picture within the ink's outline: a circle that leaves a tenth free on all sides.
_LEAST_FILL = 0.50

#: Share of the outline that has ink. Worn rings have gaps; text and several seals have far more.
_LEAST_OUTLINE = 0.90

#: Working pixels from the outline in which its ink may lie: edges are ragged.
_OUTLINE_REACH = 3

#: Working pixels. Strokes, rings and stars are narrower; areas in photos and drawings are wider.
_WIDEST_STROKE = 31

#: Share of the ink that may be wider: the middle of a large emblem.
_MOST_WIDE_INK = 0.25


def is_seal_crop(image: NDArray[np.uint8]) -> bool:
    """Say whether a picture shows one seal and nothing else to speak of.

    Args:
        image: (height, width, 3), BGR.

    Returns:
        True for round, oval and strong square seals in red, blue or purple that fill the picture.
        False for grey ones: nothing tells them from drawings.
    """
    height, width = image.shape[:2]
    long, short = max(height, width), min(height, width)
    if long > _LONGEST_SIDE or short < _SHORTEST_SIDE or long > _GREATEST_ASPECT * short:
        return False
    scale = _WORKING_SIDE / long
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = _one_ink(np.asarray(small, np.uint8))
    return bool(ink.mean() >= _LEAST_INK) and _is_drawn(ink) and _has_outline(ink)


def _one_ink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a mask of 0 and 1: where there is seal ink, if it is all of one kind."""
    first, last = _FOREIGN_HUES
    # Red lies at both ends of the circle: counted from the foreign hues on, no ink is cut in two.
    hue = (cv2.cvtColor(image, cv2.COLOR_BGR2HSV)[..., 0].astype(int) - last) % _ALL_HUES
    ink = (np.ptp(image, axis=2) >= _LEAST_CHROMA) & (hue < _ALL_HUES - (last - first))
    mask: NDArray[np.uint8] = ink.astype(np.uint8)
    return mask if _is_one(hue[ink]) else np.zeros_like(mask)


def _is_one(hues: NDArray[np.int_]) -> bool:
    if not hues.size:
        return False
    near = abs(hues - np.median(hues)) <= _HUES_OF_ONE_INK
    return bool(near.mean() >= _LEAST_OF_ONE_INK)


def _is_drawn(ink: NDArray[np.uint8]) -> bool:
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_WIDEST_STROKE, _WIDEST_STROKE))
    wide = cv2.morphologyEx(ink, cv2.MORPH_OPEN, brush)
    return bool(wide.sum() <= _MOST_WIDE_INK * ink.sum())


def _has_outline(ink: NDArray[np.uint8]) -> bool:
    """Say whether the ink's convex hull fills the picture and is itself drawn in ink."""
    hull = cv2.convexHull(cv2.findNonZero(ink))
    area = cv2.contourArea(hull)
    if area < _LEAST_FILL * ink.size:
        return False
    _, _, width, height = cv2.boundingRect(hull)
    if area > _SQUARENESS * width * height and not _may_be_square(ink):
        return False
    outline = cv2.polylines(np.zeros_like(ink), [hull], isClosed=True, color=[1])
    near = cv2.dilate(ink, np.ones((2 * _OUTLINE_REACH + 1,) * 2, np.uint8))
    return bool(near[outline > 0].mean() >= _LEAST_OUTLINE)


def _may_be_square(ink: NDArray[np.uint8]) -> bool:
    height, width = ink.shape
    if max(ink.shape) > _GREATEST_ASPECT_OF_SQUARE * min(ink.shape):
        return False
    middle = ink[height // 4 : height - height // 4, width // 4 : width - width // 4]
    return bool(middle.mean() >= _LEAST_INK_OF_SQUARE)
