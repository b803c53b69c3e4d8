"""Writes the bench to a folder: images, scanned and drawn PDFs, e-seals, and their truth.

python -m sealbench.write --out DIR --count 1000 --seed 1 --split held_out
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from sealbench.chance import happens, weighted
from sealbench.files import write_eseal, write_image, write_scanned_pdf, write_vector_pdf
from sealbench.fonts import Split, faces
from sealbench.pages import BenchPage, make_page, make_pristine, make_straddling
from sealbench.truth import PageTruth

#: Kinds of files, their endings, and how often each comes.
_KINDS = {
    "jpg": 4.0,
    "png": 1.5,
    "tif": 1.0,
    "scanned.pdf": 1.5,
    "vector.pdf": 0.8,
    "eseal.pdf": 0.8,
}
#: Seeds of a bench's pages begin at its own seed times this.
_SEEDS = 1_000_000


@dataclass(frozen=True)
class Document:
    """A file that is to be written.

    Attributes:
        name: Of the file.
        kind: `jpg`, `png`, `tif`, `scanned.pdf`, `vector.pdf` or `eseal.pdf`.
        seeds: One per page.
        straddling: One seal lies over the edges of all pages.
    """

    name: str
    kind: str
    seeds: tuple[int, ...]
    straddling: bool


def write_bench(
    folder: Path, seed: int, count: int, split: Split, *, processes: int | None = None
) -> None:
    """Write pages as files, and `truth.jsonl`, a line per page.

    Args:
        folder: Made if it is not there; what has the same name is replaced.
        seed: The same seed gives the same bench.
        count: Pages.
        split: `train` or `held_out`.
        processes: That draw; None takes one per core.

    Raises:
        ModelError: The fonts can't be had.
        OSError: The folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Fetched once, before processes would all want to.
    faces(split)
    documents = list(planned(seed, count))
    # Fresh processes: the threads of OpenCV and ONNX Runtime do not survive a fork.
    with ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn")) as pool:
        written = pool.map(partial(_write, folder, split), documents)
        lines = [json.dumps(line, ensure_ascii=False) + "\n" for page in written for line in page]
    (folder / "truth.jsonl").write_text("".join(lines), encoding="utf-8")


def planned(seed: int, count: int) -> Iterator[Document]:
    """Yield the files of a bench of so many pages."""
    rng = np.random.default_rng([seed, count])
    page = 0
    while page < count:
        kind = weighted(rng, _KINDS)
        wanted = 1 if kind in {"jpg", "png"} else int(rng.integers(1, 6))
        pages = min(wanted, count - page)
        seeds = tuple(seed * _SEEDS + page + i for i in range(pages))
        straddling = kind == "scanned.pdf" and pages > 1 and happens(rng, 0.5)
        yield Document(f"{page:06}.{kind}", kind, seeds, straddling)
        page += pages


def _write(folder: Path, split: Split, document: Document) -> list[dict[str, Any]]:
    """Write a file and return its pages' lines of the truth."""
    path = folder / document.name
    truths = _drawn(path, split, document) or _captured(path, split, document)
    return [
        {"file": document.name, "page": number, "file_kind": document.kind, **truth.to_json()}
        for number, truth in enumerate(truths, start=1)
    ]


def _drawn(path: Path, split: Split, document: Document) -> list[PageTruth]:
    """Write a PDF of paths; of any other kind of file nothing."""
    write = {"vector.pdf": write_vector_pdf, "eseal.pdf": write_eseal}.get(document.kind)
    if write is None:
        return []
    sheets, truths = zip(*(make_pristine(seed, split) for seed in document.seeds), strict=True)
    path.write_bytes(write(sheets))
    return list(truths)


def _captured(path: Path, split: Split, document: Document) -> list[PageTruth]:
    pages = _pages(document, split)
    if document.kind == "scanned.pdf":
        path.write_bytes(write_scanned_pdf(pages))
    else:
        write_image(path, pages)
    return [page.truth for page in pages]


def _pages(document: Document, split: Split) -> list[BenchPage]:
    if document.straddling:
        return make_straddling(document.seeds[0], split, len(document.seeds))
    return [make_page(seed, split) for seed in document.seeds]


def main(arguments: Iterable[str] | None = None) -> None:
    """Parse a command line and write the bench."""
    parser = argparse.ArgumentParser(description="Write pages with seals and their truth.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--count", type=int, default=1000, help="pages")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", choices=get_args(Split), default="held_out")
    options = parser.parse_args(None if arguments is None else list(arguments))
    write_bench(options.out, options.seed, options.count, cast("Split", options.split))


if __name__ == "__main__":
    main()
