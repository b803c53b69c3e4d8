"""Separate a seal's ink from what is printed and written around and under it.

Ink and print both take light away from the paper, one after the other: what they let through
multiplies, so its logarithm adds. A pixel's absorbance is thus so much of the seal's ink plus so
much of black, and two colours can be told apart even where one lies over the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sealq_worker.careful.observation import Image, Ink
from sealq_worker.careful.pixels import in_colour, least_of, most_of

Grey = NDArray[np.uint8]
Amounts = NDArray[np.float32]

#: Share of a crop's longer side over which the paper is taken to be of one brightness.
_PAPER_REACH = 0.12

#: Least share of the paper's light that a pixel is taken to send back: below lies noise.
_DARKEST = 0.06

#: Spread between the absorbances of a pixel's channels from which it has a colour, and the share
#: of a crop's pixels that must have one colour for it to be an ink.
_LEAST_SPREAD = 0.16
_LEAST_COLOURED = 0.012
#: Of the pixels of one colour, those with the strongest say what the ink's own colour is.
_PURE = 0.6

#: Share of an ink's pixels that have less than full ink.
_FULL_QUANTILE = 0.80
#: Contrast: up to which share of full ink a pixel is white, and from which it is black.
_WHITE, _BLACK = 0.12, 0.9
#: Least share of full ink in a mask.
_THRESHOLDS = (0.2, 0.5)

#: Names of inks by OpenCV hue (0 to 179): up to each bound.
_HUES: tuple[tuple[int, Ink], ...] = ((80, "red"), (125, "blue"), (160, "purple"), (180, "red"))


@dataclass(frozen=True)
class InkPicture:
    """What a crop holds of one ink.

    Attributes:
        amount: (h, w) float32: how much of it lies there; 1 is full, 0 none.
        mask: (h, w) uint8, 0 or 1: where there is some.
        ink: The colour's name.
    """

    amount: Amounts
    mask: Grey
    ink: Ink

    @property
    def clean(self) -> Image:
        """The ink alone, dark on white, contrast stretched: (h, w, 3) uint8."""
        return in_colour(as_grey(self.amount))


def inks_of(crop: Image) -> list[InkPicture]:
    """Return every ink that a crop may hold its seal in, the likeliest first.

    Args:
        crop: (h, w, 3) BGR.
    """
    absorbed = absorbance(crop)
    colours = ink_colours(absorbed)
    found = [_picture(unmixed(absorbed, colour), _name(colour)) for colour in colours]
    found.append(_picture(least_of(absorbed), "black"))
    found.append(_faint(found[-1]))
    return found


def absorbance(crop: Image) -> Amounts:
    """Return how much light is lost against the paper around, as a natural logarithm, by channel.

    Args:
        crop: (h, w, 3) BGR.

    Returns:
        (h, w, 3) float32, 0 where the paper is bare.
    """
    reach = max(9, int(_PAPER_REACH * max(crop.shape[:2]))) | 1
    # The paper shows somewhere within reach of every pixel: the brightest there, smoothed.
    calm = cv2.GaussianBlur(crop, (0, 0), 0.8)
    paper = cv2.dilate(calm, np.ones((reach, reach), np.uint8))
    paper = cv2.blur(paper, (reach, reach), borderType=cv2.BORDER_REPLICATE).astype(np.float32)
    share = crop.astype(np.float32) / np.maximum(paper, 1.0)
    lost: Amounts = -np.log(np.clip(share, _DARKEST, 1.0)).astype(np.float32)
    return lost


def ink_colours(absorbed: Amounts) -> list[Amounts]:
    """Return the directions in which inks absorb, each (3,) of length 1, the commonest first.

    Args:
        absorbed: (h, w, 3). Of colours that spare the same channel only the stronger is seen.
    """
    calm: Amounts = np.asarray(cv2.blur(absorbed, (3, 3)), np.float32)
    least = least_of(calm)
    spread = most_of(calm) - least
    coloured, found = spread > _LEAST_SPREAD, []
    for channel in range(3):
        own = coloured & (calm[..., channel] == least)
        coloured &= ~own
        if own.mean() >= _LEAST_COLOURED:
            pure = calm[own & (spread > _PURE * np.quantile(spread[own], 0.9))]
            direction = np.median(pure / np.linalg.norm(pure, axis=1, keepdims=True), axis=0)
            found.append((int(own.sum()), (direction / np.linalg.norm(direction))))
    return [colour.astype(np.float32) for _, colour in sorted(found, key=lambda each: -each[0])]


def unmixed(absorbed: Amounts, colour: Amounts) -> Amounts:
    """Return how much of a colour each pixel holds, with black as the only other thing.

    Args:
        absorbed: (h, w, 3).
        colour: (3,) of length 1.

    Returns:
        (h, w) float32, 0 or more.
    """
    black = np.full(3, 3**-0.5, np.float32)
    # What black can't explain: the part of the colour that stands square to it.
    own = colour - (colour @ black) * black
    amount: Amounts = np.maximum(0.0, absorbed @ own / max(1e-3, float(own @ own)))
    return amount.astype(np.float32)


def mask_of(amount: Amounts) -> Grey:
    """Return where there is ink, 0 or 1; single specks are left out.

    Args:
        amount: 1 is full.
    """
    scaled = np.clip(amount * 170, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(scaled, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    least, most = _THRESHOLDS
    mask = (scaled > min(max(threshold, 170 * least), 170 * most)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    speck = max(4, int(2e-4 * mask.size))
    kept = np.array([0] + [int(stats[i, cv2.CC_STAT_AREA] >= speck) for i in range(1, count)])
    clean: Grey = kept.astype(np.uint8)[labels]
    return clean


def as_grey(amount: Amounts) -> Grey:
    """Return ink as dark on white, (h, w) uint8."""
    dark = np.clip((amount - _WHITE) / (_BLACK - _WHITE), 0, 1)
    return (255 * (1 - dark)).astype(np.uint8)


def _picture(amount: Amounts, name: Ink) -> InkPicture:
    there = amount[amount > 0.35 * np.quantile(amount, 0.97)]
    full = float(np.quantile(there, _FULL_QUANTILE)) if there.size else 1.0
    level = (amount / max(0.05, full)).astype(np.float32)
    return InkPicture(level, mask_of(level), name)


def _faint(dark: InkPicture) -> InkPicture:
    """Return the same for a seal fainter than the print around it: print is no more than full."""
    amount = np.minimum(dark.amount * 3, 1.5).astype(np.float32)
    return InkPicture(amount, mask_of(amount), dark.ink)


def _name(colour: Amounts) -> Ink:
    shown = (255 * np.exp(-1.5 * colour)).astype(np.uint8)
    hue = int(cv2.cvtColor(shown[None, None], cv2.COLOR_BGR2HSV)[0, 0, 0])
    return next(name for bound, name in _HUES if hue < bound)
