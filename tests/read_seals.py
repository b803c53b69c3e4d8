"""Builders of documents whose seals are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rows import finish_page, new_pages, new_reading, save_reading
from sqlalchemy import select
from sqlalchemy.orm import Session

from sealq_storage.pages import claim_pages
from sealq_storage.readings import FieldName, NewField, NewLine, NewRegion
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Region

BOX = (1.0, 2.0, 3.0, 4.0)


def seal(*lines: str, fields: Mapping[FieldName, str] | None = None, **values: Any) -> NewRegion:
    """Return a seal with these lines and fields, all of them surely read."""
    said = tuple(NewLine(line, 0.5, [(1.0, 2.0)]) for line in lines)
    named = tuple(NewField(name, text, 0.5, "read") for name, text in (fields or {}).items())
    place = {"frame": "page", "box": BOX, "score": 0.9}
    return NewRegion(**{**place, **values}, lines=said, fields=named)


def read_document(
    sessions: Sessions, job_id: str, source: str, *pages: tuple[NewRegion, ...]
) -> list[int]:
    """List a document and end each page with a reading of these regions; return their ids."""
    ids = new_pages(sessions, job_id, source, len(pages))
    with sessions.begin() as session:
        return [
            region_id
            for page_id, regions in zip(ids, pages, strict=True)
            for region_id in _read_page(session, page_id, regions)
        ]


def _read_page(session: Session, page_id: int, regions: tuple[NewRegion, ...]) -> list[int]:
    (page,) = claim_pages(session, [page_id], "worker", 60)
    reading_id = save_reading(session, new_reading(page.sha256, page.number, *regions))
    finish_page(session, page_id, "worker", reading_id)
    query = select(Region.id).where(Region.reading_id == reading_id).order_by(Region.number)
    return list(session.scalars(query))
