"""The tables of reviews. `docs/database.md` describes them for people who query them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sealq_storage.sql.clock import UtcDateTime, database_now
from sealq_storage.sql.tables import RowId, Table


class Review(Table):
    """What a person decided about a document, and when. Undone ones stay, marked."""

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_document_id", "document_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    #: `reviews.Decision`.
    decision: Mapped[str] = mapped_column(String(20))
    #: The verdict that the person saw; None: no audit had looked at the document.
    verdict: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)
    reviewer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now())
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(Text)


class Correction(Table):
    """What a person says that a line says."""

    __tablename__ = "corrections"
    __table_args__ = (
        UniqueConstraint("review_id", "line_id"),
        Index("ix_corrections_line_id", "line_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"))
    line_id: Mapped[int] = mapped_column(ForeignKey("lines.id", ondelete="CASCADE"))
    #: Empty: nothing is written there.
    text: Mapped[str] = mapped_column(Text)
