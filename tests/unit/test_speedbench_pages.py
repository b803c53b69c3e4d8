"""Which pages all contestants read."""

from __future__ import annotations

import itertools

import pytest

from speedbench.pages import KINDS, Cell, planned


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("share", "sealed"), [(10, 4), (30, 12), (100, 40)])
def test_a_cell_has_its_share_of_sealed_pages_evenly_spread(
    kind: str, share: int, sealed: int
) -> None:
    documents = list(planned((Cell(share, kind, 40),)))  # type: ignore[arg-type]
    pages = list(itertools.chain.from_iterable(document.sealed for document in documents))
    assert (len(pages), sum(pages)) == (40, sealed)
    assert sum(pages[:20]) == sealed // 2


def test_no_two_pages_share_a_number_or_a_name() -> None:
    """Pages of the same content would be read once by sealq, and twice by its peers."""
    documents = list(planned((Cell(10, "images", 8), Cell(10, "pdfs", 8), Cell(30, "pdfs", 8))))
    numbers = [each.first + page for each in documents for page in range(len(each.sealed))]
    assert sorted(numbers) == list(range(24))
    assert len({document.name for document in documents}) == len(documents)


def test_half_of_the_pdfs_are_scans_and_half_are_drawn() -> None:
    names = [document.name for document in planned((Cell(30, "pdfs", 16),))]
    assert names == [
        "030-pdfs/0000.scanned.pdf",
        "030-pdfs/0004.drawn.pdf",
        "030-pdfs/0008.scanned.pdf",
        "030-pdfs/0012.drawn.pdf",
    ]
