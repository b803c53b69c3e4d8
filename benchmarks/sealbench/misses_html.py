"""A page of pictures of the worst misses: one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sealbench.bench import Bench
from sealbench.match import Box
from sealbench.misses import Miss, misses
from sealbench.outcome import PageOutcome
from sealbench.truth import TRUE_SEAL

Image = NDArray[np.uint8]

#: Most pictures of one kind of miss.
MOST = 24

#: Pixels of a picture's longer side.
_SIDE = 320

#: What a picture shows, in sides of the box that it is about, and in page pixels at least.
_SURROUNDINGS, _LEAST_SIDE = 2.2, 160

_JPEG_QUALITY = 80

#: BGR. Seals are red, blue or purple.
_GREEN, _TEAL, _ORANGE = (40, 160, 0), (170, 160, 0), (0, 140, 255)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The worst misses</title>
<style>
body {{ font: 14px/1.4 sans-serif; margin: 1.5em; color: #222 }}
.tiles {{ display: flex; flex-wrap: wrap; gap: 1em }}
figure {{ margin: 0; width: 320px }}
img {{ max-width: 100%; border: 1px solid #ccc }}
figcaption {{ overflow-wrap: anywhere }}
b {{ padding: 0 .4em; color: #fff }}
</style>
<h1>The worst misses</h1>
<p><b style="background:#00a028">seal</b> <b style="background:#00a0aa">cut seal, tax mark</b>
on the page; <b style="background:#ff8c00">found</b></p>
{sections}
</html>
"""


def write_misses(outcomes: Iterable[PageOutcome], bench: Bench, path: Path) -> None:
    """Write the pictures of the worst misses.

    Args:
        outcomes: All pages of a run.
        bench: Where they come from; those shown are opened again.
        path: The HTML file.
    """
    sections = "\n".join(
        line for title, found in misses(outcomes).items() for line in _section(title, found, bench)
    )
    path.write_text(_PAGE.format(sections=sections), encoding="utf-8")


def _section(title: str, found: Sequence[Miss], bench: Bench) -> Iterator[str]:
    shown = found[:MOST]
    yield f"<h2>{html.escape(title)}: {len(shown)} of {len(found)}</h2>"
    yield '<div class="tiles">'
    for miss in shown:
        yield _tile(miss, bench)
    yield "</div>"


def _tile(miss: Miss, bench: Bench) -> str:
    picture = draw_miss(miss, bench.image(miss.outcome.file, miss.outcome.page).image)
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    data = base64.b64encode(jpeg.tobytes()).decode()
    truth = miss.outcome.truth
    where = f"{miss.outcome.file}, page {miss.outcome.page}: {truth.kind}, {truth.capture}"
    return (
        f'<figure><img src="data:image/jpeg;base64,{data}" alt="">'
        f"<figcaption>{html.escape(miss.words)}<br>{html.escape(where)}</figcaption></figure>"
    )


def draw_miss(miss: Miss, image: Image) -> Image:
    """Cut a miss out of its page, with the boxes of what is there and what was found.

    Args:
        miss: What is shown.
        image: (height, width, 3), BGR: its page at any resolution.

    Returns:
        (height, width, 3), BGR, `_SIDE` pixels at most.
    """
    truth = miss.outcome.truth
    page = cv2.resize(image, (truth.width, truth.height), interpolation=cv2.INTER_AREA)
    x1, y1, x2, y2 = _window(miss.box, truth.width, truth.height)
    scale = _SIDE / max(x2 - x1, y2 - y1)
    picture = cv2.resize(page[y1:y2, x1:x2], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for seal in truth.seals:
        colour = _GREEN if seal.label == TRUE_SEAL else _TEAL
        _frame(picture, seal.box, (x1, y1), scale, colour)
    for found in miss.outcome.found:
        _frame(picture, found.box, (x1, y1), scale, _ORANGE)
    return np.asarray(picture, np.uint8)


def _window(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Return what is shown of a page: x1, y1, x2, y2 in its pixels."""
    x1, y1, x2, y2 = box
    half = max(_SURROUNDINGS * max(x2 - x1, y2 - y1), _LEAST_SIDE) / 2
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return (
        round(max(0, x - half)),
        round(max(0, y - half)),
        round(min(width, x + half)),
        round(min(height, y + half)),
    )


def _frame(
    picture: cv2.typing.MatLike,
    box: Box,
    corner: tuple[int, int],
    scale: float,
    colour: tuple[int, int, int],
) -> None:
    left, top = corner
    x1, y1, x2, y2 = box
    first = round((x1 - left) * scale), round((y1 - top) * scale)
    second = round((x2 - left) * scale), round((y2 - top) * scale)
    cv2.rectangle(picture, first, second, colour, thickness=2)
