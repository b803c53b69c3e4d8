"""The few OpenCV calls on pictures that are needed in several places, with types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_Number = TypeVar("_Number", np.uint8, np.float32)
#: (2, 3): from places in the new picture to places in the old one.
Matrix = NDArray[np.float64]


def at_points(image: Pixels, points: NDArray[np.floating[Any]]) -> Pixels:
    """Return the nearest pixels to points, 0 outside.

    Args:
        image: (h, w).
        points: (n, m, 2), x and y.

    Returns:
        (n, m).
    """
    x, y = np.moveaxis(points.astype(np.float32), 2, 0)
    border = cv2.BORDER_CONSTANT
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_NEAREST, borderMode=border), np.uint8)


def resampled(image: Pixels, points: NDArray[np.floating[Any]]) -> Pixels:
    """Return the picture at points, by cubic interpolation; beyond its edge the edge goes on.

    Args:
        image: (h, w) or (h, w, 3).
        points: (n, m, 2), x and y.

    Returns:
        (n, m) or (n, m, 3).
    """
    x, y = np.moveaxis(points.astype(np.float32), 2, 0)
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=border), np.uint8)


def warped(image: Pixels, back: Matrix, size: tuple[int, int]) -> Pixels:
    """Return the picture of this width and height whose places `back` leads to the old one."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpAffine(image, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, np.uint8)


def turned_back(image: Pixels, quarters: int) -> Pixels:
    """Return a picture turned clockwise by so many quarters of a turn, 0 to 3."""
    return np.ascontiguousarray(np.rot90(image, -quarters))


def resized(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Return the picture at another width and height, each pixel the mean of what it covers."""
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def least_of(image: NDArray[_Number]) -> NDArray[_Number]:
    """Return the least of each pixel's channels, (h, w)."""
    least: NDArray[_Number] = np.minimum(np.minimum(image[..., 0], image[..., 1]), image[..., 2])
    return least


def most_of(image: NDArray[_Number]) -> NDArray[_Number]:
    """Return the greatest of each pixel's channels, (h, w)."""
    most: NDArray[_Number] = np.maximum(np.maximum(image[..., 0], image[..., 1]), image[..., 2])
    return most


def in_colour(grey: Pixels) -> Pixels:
    """Return a grey picture, (h, w), as (h, w, 3)."""
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def painted(mask: Pixels, corners: NDArray[np.floating[Any]], value: int) -> None:
    """Fill a polygon, (n, 2), of a mask."""
    polygons: Sequence[NDArray[np.int32]] = [np.rint(corners).astype(np.int32)]
    cv2.fillPoly(mask, polygons, (value,))


def moved(points: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """Return points, (n, 2), moved by an affine matrix."""
    there: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return there


def upright_way(
    centre: tuple[float, float], half: tuple[float, float], rotation: float, scale: float
) -> tuple[Matrix, tuple[int, int]]:
    """Return how a part of the crop is drawn upright.

    Args:
        centre: Of the part, in the crop.
        half: Half its width and height once it is upright, crop pixels.
        rotation: Degrees counter-clockwise by which it stands off upright.
        scale: Pixels of the new picture for each of the crop's.

    Returns:
        From the new picture's places to the crop's, and the new picture's width and height.
    """
    size = (max(8, round(2 * half[0] * scale)), max(8, round(2 * half[1] * scale)))
    turn = np.radians(rotation)
    linear = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))]) / scale
    return np.column_stack([linear, np.array(centre) - linear @ ((np.array(size) - 1) / 2)]), size
