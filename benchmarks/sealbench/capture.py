"""How a sheet becomes an image: scanner, fax, camera. Every warp is a homography that is kept."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench import geometry
from sealbench.chance import between, happens, pick, weighted
from sealbench.geometry import Matrix
from sealbench.ink import clouds

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Shot:
    """An image of a sheet.

    Attributes:
        image: (h, w, 3) BGR uint8.
        matrix: Homography from the sheet's pixels to the image's.
    """

    image: Image
    matrix: Matrix


def taken(sheet: Image, mode: str, rng: np.random.Generator, *, whole: bool = False) -> Shot:
    """Return the sheet as a device sees it.

    Args:
        sheet: (h, w, 3) BGR.
        mode: `scan`, `grey`, `fax` or `photo`.
        rng: Gives all that differs from shot to shot.
        whole: All of the sheet is in the image; otherwise a scanner or camera may lose a margin.
    """
    if mode == "photo":
        return _photographed(sheet, rng)
    shot = _laid_on_glass(sheet, rng, whole=whole or happens(rng, 0.3))
    image = shot.image
    if mode == "scan":
        image = _scanned(image, rng)
    else:
        grey: Image = cv2.cvtColor(_scanned(image, rng), cv2.COLOR_BGR2GRAY).astype(np.uint8)
        grey = _faxed(grey, rng) if mode == "fax" else grey
        image = cv2.merge([grey, grey, grey]).astype(np.uint8)
    return Shot(image, shot.matrix)


def turned(shot: Shot, degrees: int) -> Shot:
    """Return the image turned counter-clockwise by 0, 90, 180 or 270 degrees."""
    height, width = shot.image.shape[:2]
    back = {
        0: geometry.shift(0, 0),
        90: geometry.shift(0, width) @ geometry.turn(90),
        180: geometry.shift(width, height) @ geometry.turn(180),
        270: geometry.shift(height, 0) @ geometry.turn(270),
    }[degrees]
    return Shot(np.ascontiguousarray(np.rot90(shot.image, degrees // 90)), back @ shot.matrix)


def through_jpeg(image: Image, quality: int) -> Image:
    """Return the image after a round trip through a JPEG file."""
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded: Image = cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(np.uint8)
    return decoded


def warped(image: Image, matrix: Matrix, size: tuple[int, int], ground: Image | int) -> Image:
    """Return the image moved by a homography onto a ground of (width, height).

    Args:
        image: (h, w, 3).
        matrix: In coordinates that name pixels' corners; OpenCV's name their centres.
        size: Width and height of the result.
        ground: What shows where the image does not lie: an image, or a brightness.
    """
    centred = geometry.shift(-0.5, -0.5) @ matrix @ geometry.shift(0.5, 0.5)
    if isinstance(ground, int):
        edge = (ground, ground, ground)
        return cv2.warpPerspective(image, centred, size, borderValue=edge).astype(np.uint8)
    target = ground.copy()
    cv2.warpPerspective(image, centred, size, target, borderMode=cv2.BORDER_TRANSPARENT)
    return target


def _laid_on_glass(sheet: Image, rng: np.random.Generator, *, whole: bool) -> Shot:
    """Lay the sheet a little askew; the lid shows where the sheet ends."""
    height, width = sheet.shape[:2]
    if happens(rng, 0.4):
        return Shot(sheet, geometry.shift(0, 0))
    tilt = geometry.turn(float(np.clip(rng.normal(0, 0.9), -3, 3)))
    corners = geometry.moved(geometry.rectangle(0, 0, width, height), tilt)
    if whole:
        low, high = corners.min(axis=0), corners.max(axis=0)
        slip, size = -low, np.ceil(high - low).astype(int)
    else:
        drift = rng.normal(0, 0.006, 2) * width
        slip, size = np.array([width, height]) / 2 - corners.mean(axis=0) + drift, (width, height)
    matrix = geometry.shift(float(slip[0]), float(slip[1])) @ tilt
    lid = weighted(rng, {255: 5.0, 235: 2.0, 40: 1.0, 8: 1.0})
    return Shot(warped(sheet, matrix, (int(size[0]), int(size[1])), lid), matrix)


def _scanned(image: Image, rng: np.random.Generator) -> Image:
    """Return what a scanner makes of it: softness, gain, a cast, noise, a streak."""
    if happens(rng, 0.6):
        image = cv2.GaussianBlur(image, (0, 0), between(rng, 0.3, 1.0)).astype(np.uint8)
    gain, lift = between(rng, 0.86, 1.12), between(rng, -14, 14)
    cast = rng.normal(0, 0.018, 3)
    ramp = np.arange(256)[:, None] * gain * (1 + cast) + lift
    image = cv2.LUT(image, np.clip(ramp, 0, 255).astype(np.uint8)[None]).astype(np.uint8)
    if happens(rng, 0.12):
        _streak(image, rng)
    return _noisy(image, between(rng, 0, 5), rng)


def _streak(image: Image, rng: np.random.Generator) -> None:
    x = int(rng.integers(image.shape[1]))
    strip = image[:, x : x + 2]
    np.minimum(strip, np.uint8(rng.integers(120, 220)), out=strip)


def _faxed(grey: Image, rng: np.random.Generator) -> Image:
    """Return black dots on white, as coarse as a fax line has them."""
    height, width = grey.shape
    coarse = between(rng, 1.0, 1.8)
    size = (round(width / coarse), round(height / coarse))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.int16)
    # Machines set their threshold by the paper: a fixed one would lose what is printed in colour.
    paper = int(np.median(small[::8, ::8]))
    if happens(rng, 0.4):
        small = small + rng.integers(-40, 40, small.shape, np.int16)
    dots = np.where(small > paper * between(rng, 0.78, 0.92), 255, 0).astype(np.uint8)
    dots.reshape(-1)[rng.integers(0, dots.size, dots.size // 4000)] = 0
    return cv2.resize(dots, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.uint8)


def _photographed(sheet: Image, rng: np.random.Generator) -> Shot:
    """Photograph the sheet on a desk: perspective, light, screen pattern, blur, noise."""
    height, width = sheet.shape[:2]
    corners = geometry.rectangle(0, 0, width, height)
    target = corners + rng.uniform(-0.07, 0.07, (4, 2)) * (width, height)
    middle = np.array([width, height]) / 2
    # Some take a part of the page only.
    near = happens(rng, 0.12)
    zoom = between(rng, 1.2, 2.0) if near else between(rng, 0.78, 1.02)
    look = rng.uniform(-0.3, 0.3, 2) * (width, height) if near else 0.0
    spin = geometry.turn(between(rng, -8, 8))
    target = geometry.moved((target - middle - look) * zoom, spin) + middle
    matrix: Matrix = cv2.getPerspectiveTransform(
        corners.astype(np.float32), target.astype(np.float32)
    ).astype(float)
    image = warped(sheet, matrix, (width, height), _desk((height, width), rng))
    image = _lit(image, rng)
    if happens(rng, 0.15):
        image = _moire(image, rng)
    blur = between(rng, 0.3, 1.4) * width / 1240
    image = cv2.GaussianBlur(image, (0, 0), max(0.3, blur)).astype(np.uint8)
    return Shot(_noisy(image, between(rng, 1, 9), rng), matrix)


def _desk(shape: tuple[int, int], rng: np.random.Generator) -> Image:
    """Return what a sheet lies on: wood, cloth, plastic, another sheet."""
    colour = pick(
        rng,
        (
            (60, 90, 130),
            (40, 40, 45),
            (150, 150, 155),
            (90, 60, 40),
            (200, 205, 205),
            (60, 60, 120),
        ),
    )
    grain = clouds(shape, max(2.0, between(rng, 0.002, 0.1) * shape[1]), rng) * 0.3 + 0.8
    desk = np.clip(grain[..., None] * np.array(colour, np.float32), 0, 255)
    return desk.astype(np.uint8)


def _lit(image: Image, rng: np.random.Generator) -> Image:
    """Return the image under a lamp: brighter on one side, a shadow, a warm or cold cast."""
    small = (24, 24)
    y, x = np.mgrid[-1 : 1 : small[0] * 1j, -1 : 1 : small[1] * 1j]
    angle, depth = between(rng, 0, 6.28), between(rng, 0, 0.28)
    light = 1 - depth * (0.5 + 0.5 * (x * np.cos(angle) + y * np.sin(angle)))
    if happens(rng, 0.35):
        edge = x * np.cos(angle + 1) + y * np.sin(angle + 1) - between(rng, -0.6, 0.6)
        light *= 1 - between(rng, 0.1, 0.4) / (1 + np.exp(-edge * between(rng, 4, 25)))
    cast = 1 + rng.normal(0, 0.04, 3)
    table = np.clip(light[..., None] * cast * between(rng, 0.85, 1.08), 0, 1.3) * 200
    size = (image.shape[1], image.shape[0])
    field = cv2.resize(table.clip(0, 255).astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(image, field, scale=1 / 200).astype(np.uint8)


def _moire(image: Image, rng: np.random.Generator) -> Image:
    """Return the image with the pattern that a screen or a copier's dots leave."""
    height, width = image.shape[:2]
    angle, period = between(rng, 0, 3.14), between(rng, 3, 14)
    x = np.arange(width, dtype=np.float32) * np.float32(np.cos(angle) / period * 6.28)
    y = np.arange(height, dtype=np.float32) * np.float32(np.sin(angle) / period * 6.28)
    # sin(x + y) from sines and cosines of rows and columns: no field of angles is needed.
    wave = np.outer(np.sin(y), np.cos(x)) + np.outer(np.cos(y), np.sin(x))
    pattern = (200 + wave * np.float32(between(rng, 6, 20))).astype(np.uint8)
    return cv2.multiply(image, cv2.merge([pattern] * 3), scale=1 / 200).astype(np.uint8)


def _noisy(image: Image, strength: float, rng: np.random.Generator) -> Image:
    """Return the image with grain; one patch of it is used over and over."""
    if strength < 1:
        return image
    side = 512
    grain = np.clip(rng.standard_normal((side, side, 3), np.float32) * strength, -100, 100)
    tile = grain.astype(np.int8)
    rows, columns = -(-image.shape[0] // side), -(-image.shape[1] // side)
    noise = np.tile(tile, (rows, columns, 1))[: image.shape[0], : image.shape[1]]
    return cv2.add(image, noise, dtype=cv2.CV_8U).astype(np.uint8)
