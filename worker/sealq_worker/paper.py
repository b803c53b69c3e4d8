"""What lies around a page: paper of its colour, for the second look and for those who train it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def paper_of(image: NDArray[np.uint8]) -> list[float]:
    """Return the colour that most of a picture's rim has.

    Args:
        image: (h, w, 3), BGR.
    """
    rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return [float(channel) for channel in np.median(rim, axis=0)]
