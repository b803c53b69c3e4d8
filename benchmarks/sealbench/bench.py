"""A bench on disk: its pages as sealq itself opens them, and what stands on each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sealbench.truth import PageTruth
from sealq_configs.errors import SealqError, WrongUseError
from sealq_worker.documents import DocumentLimits, PageImage, open_document

#: In the bench's folder: one line of JSON per page.
TRUTH_FILE = "truth.jsonl"


class BenchError(SealqError):
    """The bench can't be used."""


class NoBenchError(BenchError, WrongUseError):
    """The folder holds no bench."""


@dataclass(frozen=True)
class BenchEntry:
    """A page of the bench."""

    #: The file's name in the bench's folder.
    file: str
    #: From 1.
    page: int
    #: `jpg`, `png`, `tif`, `scanned.pdf`, `vector.pdf` or `eseal.pdf`.
    file_kind: str
    truth: PageTruth


@dataclass(frozen=True)
class Bench:
    """A folder that `sealbench.write` made.

    Attributes:
        folder: Holds the documents and `TRUTH_FILE`.
        dpi: Dots per inch at which PDF pages are rendered; the preset says it.
        limits: What sealq refuses to open.
    """

    folder: Path
    dpi: int
    limits: DocumentLimits

    def entries(self) -> list[BenchEntry]:
        """Return all pages, in the order in which they were written.

        Raises:
            NoBenchError: There is no truth in the folder.
            BenchError: A line of it can't be understood.
        """
        path = self.folder / TRUTH_FILE
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as exc:
            raise NoBenchError(
                f"{path} can't be read ({exc.strerror}): write a bench with `make bench-data`, "
                "or name the folder of another with --bench."
            ) from exc
        return list(_parsed(path, lines))

    def image(self, file: str, page: int) -> PageImage:
        """Open a document and return one of its pages.

        Raises:
            DocumentError: It can't be opened or drawn.
        """
        with open_document(self.folder / file, dpi=self.dpi, limits=self.limits) as document:
            return document.page(page)


def _parsed(path: Path, lines: list[str]) -> Iterator[BenchEntry]:
    for number, line in enumerate(lines, start=1):
        try:
            data = json.loads(line)
            truth = PageTruth.from_json(data)
            yield BenchEntry(data["file"], data["page"], data["file_kind"], truth)
        except (ValueError, KeyError, TypeError) as exc:
            raise BenchError(
                f"{path}, line {number} is no page of a bench ({exc!r}): "
                "write the bench anew with `make bench-data`."
            ) from exc
