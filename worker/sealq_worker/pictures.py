"""Drawn pictures as JPEG: a PNG of a page costs many times its rendering, and its space."""

from __future__ import annotations

import io

from PIL.Image import Image

CONTENT_TYPE = "image/jpeg"


def encode_jpeg(picture: Image, quality: int) -> bytes:
    """Return a picture as JPEG bytes.

    Args:
        picture: RGB, any size.
        quality: 1 to 100.
    """
    buffer = io.BytesIO()
    # Converting copies even what is RGB already.
    rgb = picture if picture.mode == "RGB" else picture.convert("RGB")
    rgb.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
