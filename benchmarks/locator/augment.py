"""Chance changes of a view, so that no training picture comes twice.

What a page can look like is the page generator's business; here is what a camera, a scanner, a
conversion or a reader with scissors does to it afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from learning.pictures import Pixels
from locator.views import Floats, View, clip_to
from sealq_worker.paper import paper_of

#: Share of views that are zoomed in or out; the rest stay as the page is seen in use.
ZOOMED = 0.6

#: Sides of the zoomed window as shares of the view's; above 1 there is empty paper around it.
ZOOMS = (0.55, 1.5)

#: Share of zoomed out views that lie on a ground of any colour; the others go on as paper.
ON_GROUND = 0.3

#: Share of mirrored views, and of those turned by no, one, two and three quarters.
MIRRORED = 0.5
TURNED = (0.55, 0.15, 0.15, 0.15)

#: Largest quotient of the two sides' zooms.
STRETCH = 1.3


def augment(view: View, side: int, rng: np.random.Generator) -> View:
    """Return a chance variant of a view.

    Args:
        view: A stored view.
        side: Side of the result in pixels.
        rng: Where chance comes from.
    """
    seen = _turn(_zoom(view, side, rng), rng)
    return View(_recolour(seen.image, rng), seen.boxes, seen.labels)


def resized(view: View, side: int) -> View:
    """Return a view at the network's size, otherwise unchanged."""
    full = np.array([0.0, 0.0, view.image.shape[1], view.image.shape[0]])
    return _window(view, full, side, (0.0, 0.0, 0.0))


def _zoom(view: View, side: int, rng: np.random.Generator) -> View:
    full = view.image.shape[0]
    if rng.random() > ZOOMED:
        return resized(view, side)
    stretch = STRETCH ** rng.uniform(-0.5, 0.5)
    size = full * rng.uniform(*ZOOMS) * np.array([stretch, 1 / stretch])
    corner = rng.uniform(0, 1, 2) * (full - size)
    ground = rng.random() < ON_GROUND
    paper = rng.integers(0, 256, 3).tolist() if ground else paper_of(view.image)
    return _window(view, np.concatenate([corner, corner + size]), side, paper)


def _window(view: View, window: npt.NDArray[np.float64], side: int, paper: Sequence[float]) -> View:
    x1, y1, x2, y2 = (int(value) for value in np.round(window))
    height, width = view.image.shape[:2]
    inside = view.image[max(y1, 0) : min(y2, height), max(x1, 0) : min(x2, width)]
    rims = (max(-y1, 0), max(y2 - height, 0), max(-x1, 0), max(x2 - width, 0))
    if any(rims):
        framed = cv2.copyMakeBorder(inside, *rims, cv2.BORDER_CONSTANT, value=paper)
        inside = np.asarray(framed, np.uint8)
    image = cv2.resize(inside, (side, side), interpolation=cv2.INTER_AREA)
    frame = np.array([x1, y1, x2, y2], np.float64)
    boxes, labels = clip_to(view.boxes.astype(np.float64), view.labels, frame)
    scaled = (boxes - np.tile(frame[:2], 2)) * np.tile(side / (frame[2:] - frame[:2]), 2)
    return View(np.asarray(image, np.uint8), scaled.astype(np.float32), labels)


def _turn(view: View, rng: np.random.Generator) -> View:
    """Turn by quarters and mirror: a mirrored seal is no text, but still a seal."""
    image, boxes, side = view.image, view.boxes, view.image.shape[0]
    if rng.random() < MIRRORED:
        image, boxes = image[:, ::-1], _mirrored(boxes, side)
    for _ in range(rng.choice(4, p=TURNED)):
        image, boxes = image.transpose(1, 0, 2)[:, ::-1], _mirrored(boxes[:, [1, 0, 3, 2]], side)
    return View(np.ascontiguousarray(image), boxes, view.labels)


def _mirrored(boxes: Floats, side: int) -> Floats:
    mirrored = boxes.copy()
    mirrored[:, [0, 2]] = side - boxes[:, [2, 0]]
    return mirrored


def _recolour(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Apply each change with its own chance."""
    changes = (
        (0.6, _expose),
        (0.12, _shift_hue),
        (0.1, _grey),
        (0.2, _blur),
        (0.15, _noise),
        (0.2, _compress),
    )
    for chance, change in changes:
        if rng.random() < chance:
            image = change(image, rng)
    return image


def _expose(image: Pixels, rng: np.random.Generator) -> Pixels:
    levels = np.linspace(0, 1, 256)[:, None] ** (2 ** rng.uniform(-0.7, 0.7))
    floor, gain = rng.uniform(-0.1, 0.15), rng.uniform(0.75, 1.1, 3)
    table = np.clip((floor + levels * (1 - floor)) * gain * 255, 0, 255)
    return np.asarray(cv2.LUT(image, table.astype(np.uint8).reshape(1, 256, 3)), np.uint8)


def _shift_hue(image: Pixels, rng: np.random.Generator) -> Pixels:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    shift = int(rng.integers(0, 180))  # OpenCV's hue has 180 steps
    table = ((np.arange(256) + shift) % 180).astype(np.uint8)
    hsv[..., 0] = cv2.LUT(np.ascontiguousarray(hsv[..., 0]), table)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)


def _grey(image: Pixels, _rng: np.random.Generator) -> Pixels:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def _blur(image: Pixels, rng: np.random.Generator) -> Pixels:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)


def _noise(image: Pixels, rng: np.random.Generator) -> Pixels:
    strength = rng.uniform(2, 18)
    noise = rng.standard_normal(image.shape[:2], np.float32)[..., None] * strength
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _compress(image: Pixels, rng: np.random.Generator) -> Pixels:
    quality = int(rng.integers(20, 80))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
