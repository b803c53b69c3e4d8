"""What contestants say of pages, brought into one form and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sealq_configs.presets import SEAL_LABEL
from speedbench.values import Answer, PageName, Seal

#: Pixels by which two boxes may differ and still be the same.
SAME_BOX_PX = 1.0

#: Differing pages that the report names.
_NAMED = 5


@dataclass(frozen=True)
class Agreement:
    """How far two contestants say the same.

    Attributes:
        pages: Read by both.
        seals: On them, as the first says.
        differing: Pages of which they say different things, at most a handful, each with what.
        differing_pages: How many there are.
    """

    pages: int
    seals: int
    differing_pages: int
    differing: tuple[str, ...]


def answer_of(result: Mapping[str, Any]) -> Answer:
    """Return PaddleX's result of a page in short.

    Args:
        result: With `layout_det_res` and `seal_res_list`, as PaddleX writes them.
    """
    boxes = [box for box in result["layout_det_res"]["boxes"] if box["label"] == SEAL_LABEL]
    return tuple(
        Seal(tuple(map(float, box["coordinate"])), tuple(read["rec_texts"]))
        for box, read in zip(boxes, result["seal_res_list"], strict=True)
    )


def compare(ours: Mapping[PageName, Answer], theirs: Mapping[PageName, Answer]) -> Agreement:
    """Compare what two contestants say of the pages that both read."""
    pages = sorted(ours.keys() & theirs.keys())
    differing = [
        f"{page.file} page {page.number}: {found}"
        for page in pages
        if (found := difference(ours[page], theirs[page]))
    ]
    seals = sum(len(ours[page]) for page in pages)
    return Agreement(len(pages), seals, len(differing), tuple(differing[:_NAMED]))


def difference(ours: Answer, theirs: Answer) -> str | None:
    """Say what differs first between two answers of a page; None: nothing."""
    if len(ours) != len(theirs):
        return f"{len(ours)} seals, not {len(theirs)}"
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True), start=1):
        apart = max(abs(a - b) for a, b in zip(one.box, other.box, strict=True))
        if apart > SAME_BOX_PX:
            return f"seal {number} lies {apart:.1f} pixels apart"
        if one.texts != other.texts:
            return f"seal {number} says {_said(one)}, not {_said(other)}"
    return None


def _said(seal: Seal) -> str:
    return " / ".join(seal.texts) or "nothing"
