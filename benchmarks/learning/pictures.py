"""Pictures as they lie in caches: JPEG bytes, end to end, and back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

#: JPEG quality of stored pictures: no loss that matters beside that of the pages themselves.
QUALITY = 93


def compressed(image: Pixels) -> Pixels:
    """Return a picture (h, w, 3) as the bytes of a JPEG, (n,) uint8."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(data, np.uint8).reshape(-1)


def decoded(data: Pixels) -> Pixels:
    """Return the picture (h, w, 3) BGR of a JPEG."""
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def joined(parts: Sequence[npt.NDArray[Any]], name: str) -> dict[str, npt.NDArray[Any]]:
    """Return arrays end to end with where each ends, as two arrays to be stored."""
    return {name: np.concatenate(parts), f"{name}_ends": np.cumsum([len(part) for part in parts])}


def parted(stored: Mapping[str, npt.NDArray[Any]], name: str) -> list[npt.NDArray[Any]]:
    """Return the arrays that `joined` laid end to end."""
    return np.split(stored[name], stored[f"{name}_ends"][:-1])


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays as one file that is there whole or not at all."""
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    unfinished.replace(path)
