"""Whatever Pillow decodes becomes BGR with 8 bits, on white."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Up to this many dots per inch a figure is a placeholder: Pillow says 1 for a TIFF and 72 for a
#: JPEG that say nothing, cameras write 72. Nobody scans so coarsely.
_PLACEHOLDER_DPI = 72.5

#: The brightest pixel of 8 and of 16 bits.
_WHITE = 0xFF
_WHITE_16 = 0xFFFF

#: Share by which the resolutions across and down may differ and still be one figure.
_DPI_TOLERANCE = 0.02


def to_bgr(picture: Image.Image) -> NDArray[np.uint8]:
    """Convert a decoded picture of any mode.

    Transparency is laid on white paper; grey of more than 8 bits and floats are scaled to 8 bits.

    Returns:
        (height, width, 3), BGR, C-contiguous.
    """
    if picture.mode == "F":
        return _stack(_scale_float(np.asarray(picture)))
    if picture.mode.startswith("I"):
        return _stack(_scale_integer(np.asarray(picture)))
    if picture.has_transparency_data:
        picture = _on_white(picture)
    # Converting copies even what is RGB already: half a gigabyte of the largest page.
    rgb = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)


def picture_dpi(picture: Image.Image) -> float | None:
    """Return the dots per inch that a picture states, or None: not stated, or of no use."""
    try:
        across, down = (float(value) for value in picture.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not math.isclose(across, down, rel_tol=_DPI_TOLERANCE) or math.isinf(across):
        return None
    return across if across > _PLACEHOLDER_DPI else None


def _on_white(picture: Image.Image) -> Image.Image:
    # A transparent pixel's own colour is arbitrary, mostly black: scanned paper is white.
    if picture.mode == "La":  # Pillow knows no direct way from it
        picture = picture.convert("LA")
    rgba = picture.convert("RGBA")
    paper = Image.new("RGB", rgba.size, "white")
    paper.paste(rgba, mask=rgba.getchannel("A"))
    return paper


def _scale_integer(grey: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Bring 8, 12 or 16 bits to 8, by the fewest that hold the brightest pixel; more by range."""
    darkest, brightest = int(grey.min()), int(grey.max())
    if darkest < 0 or brightest > _WHITE_16:
        return _stretch(grey.astype(np.float64))
    shift = next(bits for bits in (0, 4, 8) if brightest >> bits <= _WHITE)
    return (grey >> shift).astype(np.uint8)


def _scale_float(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Take 0 to 1 or 0 to 255 for black to white; any other range is stretched to it."""
    grey = np.nan_to_num(grey, posinf=0, neginf=0)
    darkest, brightest = float(grey.min()), float(grey.max())
    if darkest >= 0 and brightest <= 1:
        return np.rint(grey * _WHITE).astype(np.uint8)
    if darkest >= 0 and brightest <= _WHITE:
        return np.rint(grey).astype(np.uint8)
    return _stretch(grey)


def _stretch(grey: NDArray[np.floating]) -> NDArray[np.uint8]:
    darkest = float(grey.min())
    span = float(grey.max()) - darkest or 1.0
    scaled: NDArray[np.uint8] = np.rint((grey - darkest) * (_WHITE / span)).astype(np.uint8)
    return scaled


def _stack(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
