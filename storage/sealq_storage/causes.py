"""Why an attempt gave nothing, where the document itself does not say what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """What ended an attempt. A page or document that failed with one of these is a dead letter."""

    #: The reading process ended by itself or was killed.
    CRASHED = "crashed"
    #: It worked longer than allowed, and was killed.
    TIMED_OUT = "timed_out"
    #: It used more memory than allowed, or got no more.
    OUT_OF_MEMORY = "out_of_memory"
    #: The pipeline raised an error.
    READING_FAILED = "reading_failed"
    #: Opening the document raised an error that nobody knows.
    OPENING_FAILED = "opening_failed"


@dataclass(frozen=True)
class FailedAttempt:
    """An attempt that gave nothing."""

    cause: Cause
    #: A sentence for people.
    error: str
    #: With so many attempts counted, it was the last.
    max_attempts: int
