"""Pages of the bench: deterministic by seed and split, with the truth of what stands on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sealbench import capture, geometry, layouts, lookalikes, paper, stamps
from sealbench.chance import between, drawn, happens, weighted
from sealbench.fonts import Split
from sealbench.placing import extent, fanned_side, pressed, stamp_sheet, stamp_strip
from sealbench.record import page_truth
from sealbench.recut import recut
from sealbench.sheet import Colour, Sheet
from sealbench.truth import PageTruth
from sealbench.writer import Writer

#: Part of every seed, so that no two uses share a stream of randomness.
_STREAMS = {"train": 1, "held_out": 2}
_STRADDLING, _PRISTINE, _CROWDED, _RECUT = 10, 20, 40, 50
#: Share of pages with seals.
_WITH_SEALS = 0.6
#: Share of the others that hold something that looks like one: training sees more of them.
_WITH_LOOKALIKES: dict[Split, float] = {"train": 0.75, "held_out": 0.5}
#: Colours of paper, BGR, and how often each comes.
_PAPERS: dict[str, tuple[Colour, float]] = {
    "white": ((252, 252, 252), 7.0),
    "grey": ((224, 226, 226), 1.0),
    "cream": ((226, 242, 248), 1.0),
    "yellow": ((170, 228, 246), 0.6),
    "pink": ((218, 212, 248), 0.6),
    "blue": ((244, 228, 208), 0.4),
    "green": ((214, 238, 214), 0.4),
}
_CAPTURES = {"scan": 5.0, "photo": 2.5, "grey": 1.5, "fax": 0.9}
_DPIS = {100: 1.5, 120: 1.5, 144: 2.5, 150: 2.5, 200: 2.0, 300: 0.6}
_TURNS = {0: 8.0, 90: 0.7, 180: 0.7, 270: 0.7}
#: Millimetres from one seal to the next on a page full of them, and by which each may be off.
_CROWDED_STEP, _CROWDED_SLIP = 50.0, 7.0


@dataclass(frozen=True)
class BenchPage:
    """A page and what stands on it.

    Attributes:
        image: (h, w, 3) BGR uint8.
        truth: In the image's pixels.
    """

    image: NDArray[np.uint8]
    truth: PageTruth


@dataclass(frozen=True)
class CrowdedPage:
    """A page full of seals, and their plates: texts to read, cheaply drawn.

    Attributes:
        sheet: As it was before any device saw it, its seals in `stamped`.
        shot: What a device made of it.
        capture: Which device, as the truth names it.
    """

    sheet: Sheet
    shot: capture.Shot
    capture: str


@dataclass(frozen=True)
class _Stock:
    """What all pages of a document have in common."""

    kind: str
    paper: str
    dpi: int
    mode: str
    turn: int
    #: None: the pixels go through no JPEG.
    jpeg: int | None


def make_page(seed: int, split: Split, *, dpi: int | None = None) -> BenchPage:
    """Return a page; the same arguments give the same page.

    Args:
        seed: Any whole number from 0.
        split: The two never share a font or a company.
        dpi: Resolution of the sheet; None draws one of 100 to 300.

    Raises:
        ModelError: The fonts can't be had.
    """
    rng = np.random.default_rng([seed, _STREAMS[split]])
    stock = _random_stock(rng, split, dpi)
    writer = _furnished(rng, split, stock)
    return _taken(writer.sheet, rng, stock)


def make_straddling(seed: int, split: Split, pages: int) -> list[BenchPage]:
    """Return the pages of a document over whose fanned edges one seal was pressed.

    Args:
        seed: Any whole number from 0.
        split: The two never share a font or a company.
        pages: How many, at least 2: each carries a strip of the seal.

    Raises:
        ModelError: The fonts can't be had.
    """
    rng = np.random.default_rng([seed, _STREAMS[split], _STRADDLING])
    stock = replace(_random_stock(rng, split, None), mode=weighted(rng, {"scan": 4.0, "grey": 1.0}))
    writers = [_written(rng, split, stock)[0] for _ in range(pages)]
    seal, impression = pressed(
        writers[0], stamps.random_straddling(rng, split), firm=True, straddling=True
    )
    cuts = _cuts(rng, extent(impression, writers[0]), pages)
    side, height = fanned_side(rng), between(rng, 0.25, 0.75)
    strips = list(pairwise(cuts))
    for writer, strip in zip(writers, strips if side == "right" else strips[::-1], strict=True):
        middle = height * writer.sheet.size[1] + between(rng, -1, 1)
        stamp_strip(writer, seal, impression, strip=strip, side=side, height=middle)
    return [_taken(writer.sheet, rng, stock, whole=True) for writer in writers]


def make_pristine(seed: int, split: Split, *, dpi: int = 144) -> tuple[Sheet, PageTruth]:
    """Return a page as it is before any device sees it, and its truth at that resolution."""
    rng = np.random.default_rng([seed, _STREAMS[split], _PRISTINE])
    stock = replace(_random_stock(rng, split, dpi), paper="white", turn=0, jpeg=None)
    sheet = _furnished(rng, split, stock).sheet
    return sheet, _truth(sheet, stock, capture.Shot(sheet.image, geometry.shift(0, 0)))


def make_crowded(seed: int, split: Split, fonts: Sequence[Path] = ()) -> CrowdedPage:
    """Return a page with a seal every few centimetres, over whatever its form prints there.

    Args:
        seed: Any whole number from 0.
        split: The two never share a font or a company.
        fonts: More font files for Chinese texts on seals.

    Raises:
        ModelError: The fonts can't be had.
    """
    rng = np.random.default_rng([seed, _STREAMS[split], _CROWDED])
    recutting = np.random.default_rng([seed, _STREAMS[split], _RECUT])
    stock = _random_stock(rng, split, None)
    writer, _ = _written(rng, split, stock)
    for x, y in _crowd(rng, writer.sheet.size):
        design = recut(stamps.random_seal(rng, split), fonts, recutting)
        seal, impression = pressed(writer, design, firm=stock.mode == "fax")
        writer.sheet.stamp(seal, impression, (x, y))
    return CrowdedPage(writer.sheet, _shot(writer.sheet, rng, stock), stock.mode)


def _crowd(rng: np.random.Generator, size: tuple[float, float]) -> list[tuple[float, float]]:
    """Return centres of seals all over a sheet, in millimetres."""
    columns, rows = (
        np.arange(_CROWDED_STEP / 2 + _CROWDED_SLIP, side - _CROWDED_STEP / 2, _CROWDED_STEP)
        for side in size
    )
    spots = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    slips = rng.uniform(-_CROWDED_SLIP, _CROWDED_SLIP, spots.shape)
    return [(float(x), float(y)) for x, y in spots + slips]


def _random_stock(rng: np.random.Generator, split: Split, dpi: int | None) -> _Stock:
    kind = weighted(rng, {name: kind.weight for name, kind in layouts.KINDS.items()})
    colour = weighted(rng, {name: weight for name, (_, weight) in _PAPERS.items()})
    drawn_dpi = weighted(rng, _DPIS)
    mode = drawn(rng, _CAPTURES, for_training=split == "train")
    # A fax's dots go into a file as they are.
    lossy = happens(rng, 0.2 if mode == "fax" else 0.8)
    quality = int(rng.integers(30, 96))
    turn = weighted(rng, _TURNS)
    return _Stock(kind, colour, dpi or drawn_dpi, mode, turn, quality if lossy else None)


def _written(
    rng: np.random.Generator, split: Split, stock: _Stock
) -> tuple[Writer, list[tuple[float, float]]]:
    """Return a sheet with its form, and where that wants seals."""
    colour = _PAPERS[stock.paper][0]
    writer = layouts.start(rng, split, stock.kind, colour, stock.dpi)
    paper.prepare(writer)
    return writer, layouts.KINDS[stock.kind].write(writer)


def _furnished(rng: np.random.Generator, split: Split, stock: _Stock) -> Writer:
    """Return a sheet with seals, with something that only looks like one, or with neither."""
    writer, spots = _written(rng, split, stock)
    sealed = happens(rng, _WITH_SEALS)
    if happens(rng, 0.15 if sealed else _WITH_LOOKALIKES[split]):
        for _ in range(1 if sealed else int(rng.integers(1, 4))):
            lookalikes.add_one(writer)
    if sealed:
        stamp_sheet(writer, spots, firm=stock.mode == "fax")
    return writer


def _taken(
    sheet: Sheet, rng: np.random.Generator, stock: _Stock, *, whole: bool = False
) -> BenchPage:
    """Capture a sheet and write its truth down."""
    shot = _shot(sheet, rng, stock, whole=whole)
    return BenchPage(shot.image, _truth(sheet, stock, shot))


def _shot(
    sheet: Sheet, rng: np.random.Generator, stock: _Stock, *, whole: bool = False
) -> capture.Shot:
    """Use a sheet for a while, and capture it."""
    paper.use(sheet, rng)
    shot = capture.turned(capture.taken(sheet.image, stock.mode, rng, whole=whole), stock.turn)
    if stock.jpeg is None:
        return shot
    return replace(shot, image=capture.through_jpeg(shot.image, stock.jpeg))


def _truth(sheet: Sheet, stock: _Stock, shot: capture.Shot) -> PageTruth:
    seals, distractors = page_truth(sheet, shot)
    return PageTruth(
        kind=stock.kind,
        capture=stock.mode,
        dpi=stock.dpi,
        paper=stock.paper,
        turn=stock.turn,
        jpeg=stock.jpeg,
        width=shot.image.shape[1],
        height=shot.image.shape[0],
        seals=seals,
        distractors=distractors,
    )


def _cuts(rng: np.random.Generator, span: tuple[float, float], pieces: int) -> list[float]:
    """Return where a seal is cut into pieces of about the same width, its ends included."""
    ends = np.cumsum(rng.uniform(0.7, 1.3, pieces))
    start, end = span
    return [start, *(start + ends / ends[-1] * (end - start)).tolist()]
