"""What the pipeline made of one page of the bench, beside what is on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sealbench.match import Found
from sealbench.truth import TRUE_TAX_MARK, PageTruth


@dataclass(frozen=True)
class PageOutcome:
    """A page that was read."""

    #: The file's name in the bench.
    file: str
    #: From 1.
    page: int
    #: What the file is: `jpg`, `scanned.pdf`, `eseal.pdf`, ...
    file_kind: str
    truth: PageTruth
    #: Boxes of all labels, in the truth's frame.
    found: tuple[Found, ...]
    #: Seconds by stage.
    seconds: Mapping[str, float]
    #: Why the page could not be read; it then counts as one on which nothing was found.
    error: str | None = None
    #: How surely the pipeline says that no whole seal is there, 0 to 1; None: it does not say.
    empty_score: float | None = None

    @property
    def sealless(self) -> bool:
        """Whether nothing on the page is an issuer's seal, or part of one."""
        return all(seal.label == TRUE_TAX_MARK for seal in self.truth.seals)
