"""Mutate files through the decoders: nothing but a named reason may come out.

`python tests/fuzz/fuzz_documents.py -runs=1000000 FOLDER` mutates the files of a folder, which
`python tests/corpus.py FOLDER` makes. What is found lies in a file `crash-*` of the current folder.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sealq_worker.documents"]):
    from sealq_worker.documents import DocumentLimits, open_document
from sealq_worker.errors import DocumentError

#: Small, so that a run spends its time on many files and not on large ones.
LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=50, max_page_pixels=300_000)

#: Pages of a document that are decoded.
PAGES = 3


class Target:
    """Decodes what the fuzzer makes, from one file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "a.scan"

    def __call__(self, data: bytes) -> None:
        """Decode a document; let everything through but a named reason."""
        self._file.write_bytes(data)
        with contextlib.suppress(DocumentError):
            self._decode()

    def _decode(self) -> None:
        with open_document(self._file, dpi=36, limits=LIMITS) as document:
            for number in range(1, min(document.page_count, PAGES) + 1):
                with contextlib.suppress(DocumentError):
                    document.page(number)


if __name__ == "__main__":
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory(prefix="sealq-fuzz-") as name:
        atheris.Setup(sys.argv, Target(Path(name)))
        atheris.Fuzz()
