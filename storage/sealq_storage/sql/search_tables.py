"""The tables that seals are found by. `docs/database.md` describes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sealq_storage.sql.tables import RowId, Table

#: What the migration makes beside the tables, which SQLAlchemy knows no words for: SQLite's index
#: of trigrams (in tables whose names begin so) with the list of them, and PostgreSQL's.
SQLITE_INDEX, SQLITE_TRIGRAMS = "seal_search", "seal_search_trigrams"
POSTGRES_INDEX = "ix_seal_texts_trigrams"


class SealText(Table):
    """All that a seal says, in the form in which it is searched."""

    __tablename__ = "seal_texts"

    region_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("regions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: `search.searched_form` of its texts.
    text: Mapped[str] = mapped_column(Text)


class Impression(Table):
    """How a seal looks, as far as that fits into two numbers."""

    __tablename__ = "impressions"

    region_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("regions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: Of the seal's own pixels: equal where a picture was pasted.
    pixels_sha256: Mapped[str] = mapped_column(String(64), index=True)
    #: Perceptual hash, 64 bits as a signed number: near where seals look alike.
    look: Mapped[int] = mapped_column(BigInteger)
