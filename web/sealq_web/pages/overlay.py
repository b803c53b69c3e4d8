"""Polygons and boxes as SVG takes them."""

from __future__ import annotations

from collections.abc import Sequence

from sealq_storage.readings import Polygon


def points(polygon: Polygon) -> str:
    """Return a polygon for the attribute `points`, to a tenth of a pixel."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon)


def view_box(box: Sequence[float]) -> str:
    """Return a box (x1, y1, x2, y2) for the attribute `viewBox`; never without an area."""
    x1, y1, x2, y2 = box
    return f"{x1:.1f} {y1:.1f} {max(1.0, x2 - x1):.1f} {max(1.0, y2 - y1):.1f}"


def shortened(text: str, length: int) -> str:
    """Return the beginning of a text that is too long for its place."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
