"""What the worker raises."""

from __future__ import annotations

from typing import ClassVar

from sealq_configs.errors import SealqError, StackUnreachableError, WrongUseError


class WorkerError(SealqError):
    """The worker could not do what was asked."""


class DeviceError(WorkerError, StackUnreachableError):
    """The device is not there."""


class DeviceNameError(WorkerError, WrongUseError):
    """This names no device."""


class ReaderError(WorkerError):
    """The pipeline can't be loaded here."""


class DocumentError(WorkerError):
    """A document or one of its pages can't be read. Submit it again once it is mended."""

    #: Short stable text for SQL and reports; `docs/inputs.md` lists them.
    code: ClassVar[str] = "unreadable"


class DocumentNotFoundError(DocumentError):
    """The document is not where it was. Put it back, or submit it from where it is now."""

    code = "not_found"


class DocumentForbiddenError(DocumentError):
    """The worker may not read the document. Give its user read access."""

    code = "forbidden"


class DocumentChangedError(DocumentError):
    """The document is not the one that was submitted. Submit it again."""

    code = "changed"


class EmptyDocumentError(DocumentError):
    """The document has no bytes or no pages. Get a whole copy of it."""

    code = "empty"


class UnsupportedDocumentError(DocumentError):
    """sealq does not read files of this kind. Convert the document to PDF."""

    code = "unsupported"


class CorruptDocumentError(DocumentError):
    """The document or the page is damaged. Get a whole copy of it."""

    code = "corrupt"


class EncryptedDocumentError(DocumentError):
    """The document asks for a password. Save it without one."""

    code = "encrypted"


class DocumentTooLargeError(DocumentError):
    """The file is larger than allowed. Split it, or raise SEALQ_MAX_DOCUMENT_BYTES."""

    code = "too_large"


class TooManyPagesError(DocumentError):
    """The document has more pages than allowed. Split it, or raise SEALQ_MAX_DOCUMENT_PAGES."""

    code = "too_many_pages"


class TooManyPixelsError(DocumentError):
    """The page has more pixels than allowed. Lower the DPI, or raise SEALQ_MAX_PAGE_PIXELS."""

    code = "too_many_pixels"


class NoSuchPageError(DocumentError):
    """The document has no page of this number. Select pages that it has."""

    code = "no_such_page"
