"""Text from outside, made fit to be shown: on terminals, in logs, in databases."""

from __future__ import annotations

import re
import unicodedata

#: Unicode categories that are shown escaped: controls, surrogates, line and paragraph separators.
#: Others that Python calls unprintable stay: names do hold ideographic spaces and private-use
#: characters.
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})

# Up to the last `@` of the word: programs take passwords that hold a slash or an `@`.
_PASSWORD = re.compile(r"(?<=//)([^\s/:@]*):\S*@")


def printable(name: str) -> str:
    r"""Return a name that every terminal, log and database takes; distinct names stay distinct.

    Control characters, bytes that are no text, and the backslash itself are written as a shell's
    `$'...'` quotes read them: `\x0a`, `\xff`, `\u2028`, `\\`.
    """
    if name.isprintable() and "\\" not in name:
        return name
    return "".join(r"\\" if character == "\\" else _escaped(character) for character in name)


def one_line(text: str) -> str:
    """Return a sentence on one line. Names in it may be escaped already: backslashes stay."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def without_passwords(text: str) -> str:
    """Return text whose URLs have stars for passwords."""
    return _PASSWORD.sub(r"\1:***@", text) if "//" in text else text


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _ESCAPED_CATEGORIES:
        return character
    code = ord(character)
    # Python holds a byte that is no UTF-8 as a surrogate from U+DC80 (PEP 383).
    byte = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code  # noqa: PLR2004
    return f"\\x{byte:02x}" if byte != code or code < 0x80 else f"\\u{code:04x}"  # noqa: PLR2004
