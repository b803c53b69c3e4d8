"""The table of verdicts. `docs/database.md` describes it for people who query it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from sealq_storage.sql.clock import UtcDateTime, database_now
from sealq_storage.sql.tables import RowId, Table


class DocumentVerdict(Table):
    """What the last audit of its job says of a document."""

    __tablename__ = "verdicts"
    __table_args__ = (
        Index("ix_verdicts_job_id_verdict_document_id", "job_id", "verdict", "document_id"),
    )

    document_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    #: `verdicts.Verdict`.
    verdict: Mapped[str] = mapped_column(String(20))
    #: One sentence, in English.
    reason: Mapped[str] = mapped_column(Text)
    #: The same for programs, and for other languages: which sentence, and what stands in it.
    reason_code: Mapped[str] = mapped_column(String(60))
    reason_values: Mapped[dict[str, str]] = mapped_column(JSON)
    #: Kind of the document, as the rules name it.
    kind: Mapped[str] = mapped_column(String(60))
    #: Objects as `verdicts.Evidence` has fields.
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: What was expected of the document; None: nobody said.
    expectation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    #: Hash of the rules that were applied.
    rules_digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=database_now())
