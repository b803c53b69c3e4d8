"""Logging to stderr, as text for people or JSON for machines, with the ids of the work at hand.

Whatever libraries say: passwords in URLs are hidden, and a message is one line, so that a file's
name can't forge another.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from sealq_configs.text import one_line, without_passwords

#: Whose own messages the level is about.
_PACKAGES = (
    *("sealq_configs", "sealq_storage", "sealq_producer"),
    *("sealq_worker", "sealq_audit", "sealq_web"),
)

_context: ContextVar[Mapping[str, object]] = ContextVar("sealq_log_context", default={})  # noqa: B039 (never changed)


def configure_logging(level: str, form: Literal["text", "json"]) -> None:
    """Send all logging of the process to stderr.

    Args:
        level: Least severe level of sealq's own messages; other libraries speak from WARNING up.
        form: One line of text or one JSON object per message.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if form == "json" else _TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _PACKAGES:
        logging.getLogger(name).setLevel(level)


@contextmanager
def log_context(**ids: object) -> Iterator[None]:
    """Add ids (`job`, `document`, `page`, ...) to every message logged inside."""
    token = _context.set({**_context.get(), **ids})
    try:
        yield
    finally:
        _context.reset(token)


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        text = without_passwords(super().format(record))
        ids = " ".join(f"{name}={value}" for name, value in _context.get().items())
        return f"{text} [{ids}]" if ids else text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return one_line(super().formatMessage(record))


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": without_passwords(record.getMessage()),
            **_context.get(),
        }
        if record.exc_info:
            entry["exception"] = without_passwords(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False, default=str)
