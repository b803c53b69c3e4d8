"""PaddleX's own pictures of a result: drawn when somebody asks, and without their slowest step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

#: PaddleX takes its colours from Python's common random numbers, begun anew for each picture.
_ONE_AT_A_TIME = Lock()


class Drawn(Mapping[str, Image]):
    """Pictures by name, drawn at the first look: who stores them need not be who reads pages."""

    def __init__(self, draw: Callable[[], Mapping[str, Image]]) -> None:
        self._draw = draw

    @cached_property
    def _pictures(self) -> Mapping[str, Image]:
        return self._draw()

    def __getitem__(self, name: str) -> Image:
        return self._pictures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pictures)

    def __len__(self) -> int:
        return len(self._pictures)


def drawn(result: Any) -> dict[str, Image]:
    """Return the pictures of PaddleX's seal recognition result, as `result.img` has them.

    It turns BGR into RGB by a view that steps backwards, and copies that pixel by pixel: 15 ms a
    page image, four times a page. Its page images are exchanged for views that step backwards over
    RGB, of which its own views are whole again.
    """
    swapped: dict[int, NDArray[np.uint8]] = {}
    for part, names in (("doc_preprocessor_res", _PREPARED), ("layout_det_res", ("input_img",))):
        images = result.get(part) or {}
        for name in names:
            if name in images:
                image = images[name]
                images[name] = swapped.setdefault(id(image), _swapped(image))
    with _ONE_AT_A_TIME:
        return dict(result.img)


#: What PaddleX keeps of the page at each step of its preparation.
_PREPARED = ("input_img", "rot_img", "output_img")


def _swapped(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the same BGR values, laid out in memory as RGB."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)[..., ::-1]
