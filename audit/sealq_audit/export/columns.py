"""The columns of an export, by what a row is. docs/export.md describes each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

#: What a cell holds; None: nothing is known.
Value = str | int | float | None
Row = Mapping[str, Value]
Rows = Iterator[Row]

#: What a row stands for.
Per = Literal["seal", "document", "exception"]

Kind = Literal["text", "whole", "number", "link"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        kind: `text`, a `whole` or any `number`, or a `link` that can be opened.
        width: Characters that a spreadsheet shows.
    """

    name: str
    kind: Kind = "text"
    width: int = 14


def _all(kind: Kind, width: int, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind, width) for name in names)


_DOCUMENT = (Column("job", width=20), Column("document", width=44), Column("sha256"))
_SAID = (
    *(Column("owner", width=30), Column("purpose", width=16), Column("tax_id", width=22)),
    *(Column("serial", width=16), Column("to_check", width=16), Column("text", width=44)),
)
_VERDICT = (Column("verdict", width=16), Column("kind"), Column("reason", width=60))

COLUMNS: Mapping[Per, Sequence[Column]] = {
    "seal": (
        *_DOCUMENT,
        *_all("whole", 7, "page", "seal"),
        *_all("text", 10, "label", "found_by"),
        *_SAID,
        Column("score", "number", 8),
        *_all("text", 10, "shape", "ink"),
        Column("rotation", "number", 9),
        Column("frame"),
        *_all("number", 9, "x1", "y1", "x2", "y2"),
        *_all("whole", 9, "page_width", "page_height"),
        Column("damage", width=20),
        *_VERDICT,
        *_all("link", 30, "picture", "page_picture"),
    ),
    "document": (
        *_DOCUMENT,
        Column("state", width=10),
        Column("error", width=40),
        *_all("whole", 9, "pages", "pages_read", "pages_failed"),
        *_all("whole", 9, "seals", "cut_seals", "tax_marks"),
        *_all("text", 30, "owners", "purposes", "tax_ids"),
        Column("text", width=44),
        Column("damage", width=20),
        *_VERDICT,
        Column("picture", "link", 30),
    ),
    "exception": (
        Column("verdict", width=16),
        Column("reason", width=60),
        Column("document", width=44),
        Column("page", "whole", 7),
        Column("found", width=30),
        Column("expected", width=30),
        Column("picture", "link", 30),
        Column("decision", width=16),
        Column("note", width=40),
        Column("kind"),
        Column("job", width=20),
    ),
}
#: What a person may write as the decision on an exception.
DECISIONS = ("confirmed", "rejected", "corrected", "noted")
