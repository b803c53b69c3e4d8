"""The pages that all contestants read: drawn once, by share of sealed pages and kind of file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, get_args

from sealbench.files import write_image, write_scanned_pdf, write_vector_pdf
from sealbench.fonts import faces
from sealbench.pages import BenchPage, make_page, make_pristine
from sealbench.sheet import Sheet
from sealbench.truth import PageTruth

Kind = Literal["images", "pdfs"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: Percent of pages with a whole seal, and how many times as many pages there are: where seals are
#: few, it takes more pages to meet some.
SHARES = {10: 2, 30: 1, 100: 1}

#: Pages of a PDF. Of two PDFs one holds scans, the other is drawn by paths.
_PDF_PAGES = 4
#: Of four images one is a PNG, as in the bench of quality.
_EVERY_PNG = 4
#: Seeds between two pages: a page is drawn anew until it has a seal, or none, as planned.
_SEEDS = 1000
#: Written last: what lies beside it is whole.
_READY = ".ready"


@dataclass(frozen=True)
class Cell:
    """Pages of one kind with one share of sealed ones."""

    share: int
    kind: Kind
    pages: int

    @property
    def name(self) -> str:
        """Of its folder; sorts by share."""
        return f"{self.share:03}-{self.kind}"


@dataclass(frozen=True)
class Document:
    """A file that is to be drawn.

    Attributes:
        name: Path below the folder.
        sealed: Whether each page holds a whole seal.
        first: Number of its first page, unlike all others' in the folder.
    """

    name: str
    sealed: tuple[bool, ...]
    first: int


@dataclass(frozen=True)
class PageFolder:
    """A folder with a folder for each cell."""

    path: Path
    cells: tuple[Cell, ...]

    @property
    def pages(self) -> int:
        """Of all cells."""
        return sum(cell.pages for cell in self.cells)

    def files(self, cell: Cell) -> list[Path]:
        """Return a cell's documents, sorted by name."""
        return sorted((self.path / cell.name).iterdir())


def page_folder(parent: Path, pages: int, kinds: tuple[Kind, ...], seed: int) -> PageFolder:
    """Return a folder of pages, drawn if it is not there yet.

    Args:
        parent: Where such folders lie.
        pages: Of each cell; those with few seals get more.
        kinds: Of files.
        seed: The same seed gives the same pages.

    Raises:
        ModelError: The fonts can't be had.
        OSError: The folder can't be written.
    """
    cells = tuple(
        Cell(share, kind, pages * times) for share, times in SHARES.items() for kind in kinds
    )
    folder = PageFolder(parent / f"{'-'.join(kinds)}-{pages}-{seed}", cells)
    if not (folder.path / _READY).exists():
        _draw(folder, seed)
        (folder.path / _READY).touch()
    return folder


def _draw(folder: PageFolder, seed: int) -> None:
    for cell in folder.cells:
        (folder.path / cell.name).mkdir(parents=True, exist_ok=True)
    # Fetched once, before processes would all want to.
    faces("held_out")
    # Fresh processes: the threads of OpenCV do not survive a fork.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        list(pool.map(partial(_write, folder.path, seed), planned(folder.cells)))


def planned(cells: tuple[Cell, ...]) -> Iterator[Document]:
    """Yield the files of all cells; sealed pages stand as evenly among the others as they can."""
    first = 0
    for cell in cells:
        sealed = [
            (page + 1) * cell.share // 100 > page * cell.share // 100 for page in range(cell.pages)
        ]
        length = _PDF_PAGES if cell.kind == "pdfs" else 1
        for start in range(0, cell.pages, length):
            name = f"{cell.name}/{start:04}.{_ending(cell.kind, start)}"
            yield Document(name, tuple(sealed[start : start + length]), first + start)
        first += cell.pages


def _ending(kind: Kind, page: int) -> str:
    if kind == "images":
        return "png" if page % _EVERY_PNG == _EVERY_PNG - 1 else "jpg"
    return "drawn.pdf" if page // _PDF_PAGES % 2 else "scanned.pdf"


def _write(folder: Path, seed: int, document: Document) -> None:
    path = folder / document.name
    if document.name.endswith(".drawn.pdf"):
        path.write_bytes(write_vector_pdf(list(_sheets(document, seed))))
    elif document.name.endswith(".scanned.pdf"):
        path.write_bytes(write_scanned_pdf(list(_captured(document, seed))))
    else:
        write_image(path, list(_captured(document, seed)))


def _captured(document: Document, seed: int) -> Iterator[BenchPage]:
    for seeds, sealed in _wanted(document, seed):
        pages = (make_page(each, "held_out") for each in seeds)
        yield next(page for page in pages if _is(page.truth, sealed=sealed))


def _sheets(document: Document, seed: int) -> Iterator[Sheet]:
    for seeds, sealed in _wanted(document, seed):
        drawn = (make_pristine(each, "held_out") for each in seeds)
        yield next(sheet for sheet, truth in drawn if _is(truth, sealed=sealed))


def _wanted(document: Document, seed: int) -> Iterator[tuple[Iterator[int], bool]]:
    """Yield for each page of a document the seeds to try, and whether it is to be sealed."""
    for page, sealed in enumerate(document.sealed, start=document.first):
        yield count((seed << 32) + page * _SEEDS), sealed


def _is(truth: PageTruth, *, sealed: bool) -> bool:
    return bool(truth.whole_seals) if sealed else not truth.seals
