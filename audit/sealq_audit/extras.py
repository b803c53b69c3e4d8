"""Libraries that only some commands need, and `pip install sealq` does not bring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sealq_configs.errors import WrongUseError


class MissingExtraError(WrongUseError):
    """A library is missing. Install the extra that brings it."""


@contextmanager
def needs_extra(extra: str, purpose: str) -> Iterator[None]:
    """Turn a failed import into an error with the remedy.

    Args:
        extra: Name of the extra that brings the library.
        purpose: What needs it: the beginning of a sentence.

    Raises:
        MissingExtraError: A module that was imported is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        raise MissingExtraError(
            f"{purpose} needs {exc.name}, which is not installed: pip install 'sealq[{extra}]'."
        ) from exc
