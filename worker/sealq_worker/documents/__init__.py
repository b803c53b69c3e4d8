"""Documents on local disk become page images."""

from __future__ import annotations

from sealq_worker.documents.opening import name_of, open_document
from sealq_worker.documents.page_image import DocumentLimits, OpenDocument, PageImage

__all__ = ["DocumentLimits", "OpenDocument", "PageImage", "name_of", "open_document"]
