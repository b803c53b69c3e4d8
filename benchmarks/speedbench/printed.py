"""What PaddleX's command line prints of pages, understood well enough to compare it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from speedbench.values import Answer, Seal

#: How the record of a page begins; the number of its page is not printed.
_BEGINS = re.compile(r"\{'res': \{'input_path': ('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_BOX = re.compile(r"'label': 'seal', 'score': [^,]+, 'coordinate': \[([^\]]*)\]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?=\)|,|$)")
_STRING = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_TEXTS = re.compile(rf"'rec_texts': (\[(?:{_STRING}(?:, )?)*\])")


@dataclass(frozen=True)
class PrintedPage:
    """A page as it was printed.

    Attributes:
        file: As the program calls it.
        at: Unix time at which the record's first line came.
        answer: What it says.
    """

    file: str
    at: float
    answer: Answer


def printed_pages(lines: Iterable[tuple[float, str]]) -> Iterator[PrintedPage]:
    """Yield the pages that lines of output speak of.

    Args:
        lines: Unix time and text of each; a record may take several.
    """
    begun: tuple[float, str] | None = None
    record: list[str] = []
    for at, line in lines:
        match = _BEGINS.search(line)
        if match:
            if begun:
                yield PrintedPage(begun[1], begun[0], _answer("".join(record)))
            begun, record = (at, ast.literal_eval(match[1])), []
        record.append(line)
    if begun:
        yield PrintedPage(begun[1], begun[0], _answer("".join(record)))


def _answer(record: str) -> Answer:
    boxes = [
        tuple(float(number) for number in _NUMBER.findall(box)) for box in _BOX.findall(record)
    ]
    texts = [tuple(ast.literal_eval(found)) for found in _TEXTS.findall(record)]
    return tuple(Seal(box, read) for box, read in zip(boxes, texts, strict=True))
