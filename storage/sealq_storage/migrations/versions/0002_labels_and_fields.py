"""Regions say what they are and how they were found; seals say fields, not only lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

#: SQLite numbers rows by itself only in an INTEGER key.
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns to readings and regions, and the table of fields."""
    op.add_column("readings", sa.Column("empty_score", sa.Double()))
    _widen_regions()
    _create_fields()


def downgrade() -> None:
    """Drop what `upgrade` added; what was not a seal goes with its label."""
    op.drop_table("fields")
    op.execute("DELETE FROM regions WHERE label <> 'seal'")
    for column in ("rotation", "ink", "shape", "found_by", "label"):
        op.drop_column("regions", column)
    op.drop_column("readings", "empty_score")


def _widen_regions() -> None:
    for column in (
        sa.Column("label", sa.String(20), nullable=False, server_default="seal"),
        sa.Column("found_by", sa.String(20), nullable=False, server_default="layout"),
        sa.Column("shape", sa.String(20)),
        sa.Column("ink", sa.String(20)),
        sa.Column("rotation", sa.Double()),
    ):
        op.add_column("regions", column)
    op.execute(
        "UPDATE regions SET found_by = 'whole' "
        "WHERE reading_id IN (SELECT id FROM readings WHERE looked = 'whole')"
    )


def _create_fields() -> None:
    op.create_table(
        "fields",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("region_id", _ROW_ID, nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("score", sa.Double()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fields"),
        sa.UniqueConstraint("region_id", "name", name="uq_fields_region_id_name"),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name="fk_fields_region_id_regions", ondelete="CASCADE"
        ),
        # PostgreSQL's index takes some 2700 bytes an entry; a character has up to 4.
        sa.CheckConstraint("length(text) <= 400", name="ck_fields_text_length"),
    )
    op.create_index("ix_fields_name_text", "fields", ["name", "text"])
