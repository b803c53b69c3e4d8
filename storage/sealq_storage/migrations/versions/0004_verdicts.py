"""Verdicts on documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

#: SQLite numbers rows by itself only in an INTEGER key; this one is numbered by its document.
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table of verdicts."""
    op.create_table(
        "verdicts",
        sa.Column("document_id", _ROW_ID, nullable=False, autoincrement=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.String(60), nullable=False),
        sa.Column("reason_values", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("expectation", sa.JSON()),
        sa.Column("rules_digest", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name="pk_verdicts"),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_verdicts_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_verdicts_job_id_jobs", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "ix_verdicts_job_id_verdict_document_id", "verdicts", ["job_id", "verdict", "document_id"]
    )


def downgrade() -> None:
    """Drop the verdicts; another audit makes them again."""
    op.drop_table("verdicts")
