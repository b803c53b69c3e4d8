"""What is measured: finished pages, what they say, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sealq_configs.errors import SealqError
from speedbench.pages import PageFolder


class NotMeasuredError(SealqError):
    """A contestant can't be measured; says why."""


class PageName(NamedTuple):
    """A page of the folder that all contestants read."""

    #: Path below the folder, with `/`; its first part names the page's cell.
    file: str
    #: From 1.
    number: int

    @property
    def cell(self) -> str:
        """The cell that the page belongs to."""
        return self.file.split("/", 1)[0]


@dataclass(frozen=True)
class Seal:
    """A seal as it was read.

    Attributes:
        box: x1, y1, x2, y2 in pixels of the prepared page.
        texts: In the order in which they were read.
    """

    box: tuple[float, ...]
    texts: tuple[str, ...]


#: What a contestant says of a page.
Answer = tuple[Seal, ...]


@dataclass(frozen=True)
class Sample:
    """What processes used up to a moment.

    Attributes:
        at: Unix time.
        cpu_seconds: Of all processes of a contestant, since some moment that stays the same.
        machine_cpu_seconds: Of all processes of the machine, likewise.
        rss: Bytes in memory, all processes of a contestant together.
    """

    at: float
    cpu_seconds: float
    machine_cpu_seconds: float
    rss: int


@dataclass(frozen=True)
class Measured:
    """One contestant's way through the folder.

    Attributes:
        started: Unix time at which its command was started; None: it was warm before.
        finished: Unix time at which each page was finished.
        answers: What it says of each page.
        usage: Samples from its start to its end.
        stages: Seconds of each page, by stage, where it tells.
    """

    started: float | None
    finished: Mapping[PageName, float]
    answers: Mapping[PageName, Answer]
    usage: tuple[Sample, ...]
    stages: Mapping[PageName, Mapping[str, float]] = field(default_factory=dict)


class Contestant(Protocol):
    """Something that reads all pages of a folder."""

    @property
    def name(self) -> str:
        """As the report calls it."""

    def read(self, folder: PageFolder) -> Measured:
        """Read all pages, in the order of the cells.

        Raises:
            NotMeasuredError: It can't; says why.
        """
