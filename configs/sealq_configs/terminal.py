"""What commands print for people: tables that fit the terminal, counts in words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Columns of a table that goes into a file or a pipe: nothing is cut or wrapped there.
PIPE_WIDTH = 10_000
#: Columns whose numbers stand right.
RIGHT = frozenset(
    [
        *("page", "seal", "score", "seals", "cut_seals", "tax_marks", "empty"),
        *("pages", "documents", "failed"),
    ]
)
#: Columns that fold when a terminal is narrow; all others stay in one piece.
FOLDING = frozenset(
    [
        *("document", "text", "owner", "purpose", "damage", "name", "reason"),
        *("value", "meaning", "from", "does", "sha256"),
    ]
)
#: Columns of a terminal that a folding column has before others are left out for it: a company's
#: name (eleven characters or so, each two columns wide) stands in one piece.
FOLDED = 30
#: Of the folding columns, those that fold last: names are looked for by eye.
FOLDING_LAST = ("purpose", "owner")
#: Columns of a terminal that a folding column needs at least.
_LEAST_FOLDED = 10
#: What is left out of a table that is too wide, in this order.
LEFT_OUT = ("picture", "box", "found_by", "serial", "tax_id")
#: What these columns mostly say: a table leaves them out where no row says anything else.
USUAL: Mapping[str, frozenset[str]] = {
    "label": frozenset({"seal"}),
    "found_by": frozenset({"layout", "whole"}),
    **dict.fromkeys(
        ("text", "owner", "purpose", "tax_id", "serial", "empty", "damage"), frozenset({""})
    ),
    **dict.fromkeys(("cut_seals", "tax_marks"), frozenset({"", "0"})),
}


def write_table(rows: Iterable[Mapping[str, str]], out: TextIO, empty: str = "none") -> None:
    """Write a table; on a terminal it fits the width, elsewhere it is whole.

    Args:
        rows: Cells by column; the first row names the columns.
        out: Where to.
        empty: What to say where there are no rows.
    """
    console = Console(file=out, highlight=False, width=None if out.isatty() else PIPE_WIDTH)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    held = list(rows)
    widths = _shown(held, console.width)
    whole = _whole(widths, console.width)
    for name in widths:
        side: Literal["left", "right"] = "right" if name in RIGHT else "left"
        table.add_column(name, justify=side, overflow="fold", no_wrap=name in whole)
    for row in held:
        table.add_row(*(Text(row[name]) for name in widths))
    console.print(table if held else empty)


def _shown(rows: Sequence[Mapping[str, str]], width: int) -> dict[str, int]:
    """Choose the columns of a table, those that say something, as far as they fit, by widths."""
    widths = {
        name: _width(name, [row[name] for row in rows])
        for name in (rows[0] if rows else ())
        if any(row[name] not in USUAL.get(name, ()) for row in rows)
    }
    for name in LEFT_OUT:
        # A space stands between two columns.
        if sum(widths.values()) + len(widths) - 1 > width:
            widths.pop(name, None)
    return widths


def _whole(widths: Mapping[str, int], width: int) -> set[str]:
    """Return the columns that are not to be folded: those of names only where others can be."""
    whole = {name for name in widths if name not in FOLDING}
    for name in FOLDING_LAST:
        room = width - sum(widths[each] + 1 for each in whole)
        others = sum(each in FOLDING for each in widths) - 1
        if (
            name in widths
            and widths[name] < FOLDED
            and room - widths[name] > _LEAST_FOLDED * others
        ):
            whole.add(name)
    return whole


def _width(name: str, cells: Iterable[str]) -> int:
    """Return how many columns of the terminal a column of the table needs."""
    natural = max(map(cell_len, (name, *cells)))
    return min(natural, FOLDED) if name in FOLDING else natural


def standard_output() -> TextIO:
    """Return stdout, in UTF-8 whatever the locale says: seals speak Chinese."""
    out = sys.stdout
    if (out.encoding or "").lower() not in {"utf-8", "utf8"} and hasattr(out, "reconfigure"):
        out.reconfigure(encoding="utf-8")
    return out


def count_of(number: int, noun: str) -> str:
    """Write `1 page`, `2 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
