"""What a cell of a spreadsheet may hold."""

from __future__ import annotations

import re

from sealq_audit.export.columns import Value
from sealq_configs.records import defused

#: Controls, halves of surrogate pairs and what Unicode calls no character: spreadsheets and XML
#: take none of them. Line breaks and tabs are text.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def safe(value: Value) -> Value:
    """Return a value whose text holds no control characters and does not begin as a formula."""
    if not isinstance(value, str):
        return value
    text: str = defused(_NO_TEXT.sub(" ", value))
    return text
