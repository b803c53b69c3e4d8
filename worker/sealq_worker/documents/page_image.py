"""What an opened document gives, whatever its kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sealq_configs.settings import Settings
from sealq_storage.media import MediaType
from sealq_worker.errors import (
    CorruptDocumentError,
    NoSuchPageError,
    TooManyPagesError,
    TooManyPixelsError,
)


@dataclass(frozen=True, eq=False)
class PageImage:
    """One page as pixels: the frame in which all page-space coordinates are given."""

    #: (height, width, 3), BGR, C-contiguous; origin top left.
    image: NDArray[np.uint8]
    #: Dots per inch; None where the picture does not say.
    dpi: float | None
    #: What of the page is missing, where damaged pages are read all the same; None: nothing known.
    damage: str | None = None


@dataclass(frozen=True)
class DocumentLimits:
    """What is refused before it costs memory or time, and what is let in all the same."""

    #: Bytes of a file.
    max_bytes: int
    #: Pages of a document.
    max_pages: int
    #: Pixels (width times height) of a page, and of each picture on a PDF page.
    max_page_pixels: int
    #: Whether a damaged page is read as far as it goes.
    read_damaged: bool = False
    #: Passwords of encrypted PDFs, one a line.
    password_file: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the limits that are set."""
        return cls(
            max_bytes=settings.max_document_bytes,
            max_pages=settings.max_document_pages,
            max_page_pixels=settings.max_page_pixels,
            read_damaged=settings.read_damaged,
            password_file=settings.password_file,
        )

    def check_pages(self, name: str, count: int) -> None:
        """Refuse a document with too many pages.

        Raises:
            TooManyPagesError: Says how many are allowed.
        """
        if count > self.max_pages:
            raise TooManyPagesError(
                f"{name} has more than the {self.max_pages} pages allowed: "
                "split it, or raise SEALQ_MAX_DOCUMENT_PAGES."
            )

    def check_pixels(self, where: str, width: int, height: int, remedy: str) -> None:
        """Refuse a page with too many pixels.

        Raises:
            TooManyPixelsError: Says how large it would be.
        """
        if width * height > self.max_page_pixels:
            raise TooManyPixelsError(
                f"{where} has {width} x {height} pixels, more than the {self.max_page_pixels:,} "
                f"allowed: {remedy}, or raise SEALQ_MAX_PAGE_PIXELS."
            )

    def check_damage(self, where: str, damage: str | None) -> None:
        """Refuse a damaged page, unless such pages are read.

        Raises:
            CorruptDocumentError: Says what is missing.
        """
        if damage is not None and not self.read_damaged:
            raise CorruptDocumentError(
                f"{where} is damaged: {damage}. Get a whole copy of it, or set "
                "SEALQ_READ_DAMAGED=true to read such pages as far as they go."
            )


class OpenDocument(ABC):
    """A document whose pages can be had, one at a time.

    It belongs to the thread that opened it (pdfium and Pillow's guards are not thread-safe), and
    keeps no page image.
    """

    #: What the file is, by its content.
    media_type: MediaType
    #: At least 1.
    page_count: int

    @abstractmethod
    def page(self, number: int) -> PageImage:
        """Render or decode a page.

        Args:
            number: From 1.

        Raises:
            NoSuchPageError: There is no such page.
            TooManyPixelsError: The page is larger than allowed; nothing was decoded.
            CorruptDocumentError: This page can't be decoded, or is damaged and damaged pages are
                not read. Others may be whole.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the file. Twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def name_page(name: str, number: int, page_count: int) -> str:
    """Name a page in messages.

    Raises:
        NoSuchPageError: There is no such page.
    """
    if not 1 <= number <= page_count:
        raise NoSuchPageError(
            f"{name} has no page {number}: its pages are 1 to {page_count}. Select among them."
        )
    return f"{name}, page {number}" if page_count > 1 else name
