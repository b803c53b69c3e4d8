"""A source: one input file as discovery found it; and the account of what it passed over."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

#: Names kept per reason, so that a million skipped files do not fill the memory.
EXAMPLES_PER_REASON = 5

#: Unicode categories that are shown escaped: controls, surrogates, line and paragraph separators.
#: Others that Python calls unprintable stay: names do hold ideographic spaces and private-use
#: characters.
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class Source:
    """One input file: either a local `path` or an S3 `url`."""

    #: As shown in results: the path as the user would write it, or the `s3://` URL; printable.
    name: str
    #: Local file, absolute; None for S3.
    path: Path | None = None
    #: Bytes; None where nobody has looked.
    size: int | None = None
    #: The exact `s3://` URL; None for a local file.
    url: str | None = None


class SkipReason(StrEnum):
    """Why discovery passed something over."""

    NOT_A_DOCUMENT = "not a document"
    HIDDEN = "hidden"
    SYMBOLIC_LINK = "symbolic link"
    SPECIAL_FILE = "special file"
    EXCLUDED = "excluded"
    NOT_INCLUDED = "not included"
    UNLISTABLE = "folder that can't be listed"
    UNREADABLE = "file that can't be looked at"
    EMPTY_PREFIX = "S3 prefix without objects"


@dataclass
class Skipped:
    """What was passed over: how many by reason, and the first few names of each."""

    counts: Counter[SkipReason] = field(default_factory=Counter)
    examples: dict[SkipReason, list[str]] = field(default_factory=dict)

    def add(self, reason: SkipReason, name: str) -> None:
        """Count one; the name is kept while there are few."""
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES_PER_REASON:
            examples.append(printable(name))


def printable(name: str) -> str:
    r"""Return a name that every terminal, log and database takes; distinct names stay distinct.

    Control characters, bytes that are no text, and the backslash itself are written as a shell's
    `$'...'` quotes read them: `\x0a`, `\xff`, `\u2028`, `\\`.
    """
    return name if _is_plain(name) else "".join(map(_escaped, name))


def _is_plain(name: str) -> bool:
    return name.isprintable() and "\\" not in name


def _escaped(character: str) -> str:
    if character == "\\":
        return r"\\"
    if unicodedata.category(character) not in _ESCAPED_CATEGORIES:
        return character
    code = ord(character)
    # Python holds a byte that is no UTF-8 as a surrogate from U+DC80 (PEP 383).
    byte = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code  # noqa: PLR2004
    return f"\\x{byte:02x}" if byte != code or code < 0x80 else f"\\u{code:04x}"  # noqa: PLR2004
