"""A reading of a damaged page says so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; what was read before is not known to be damaged."""
    op.add_column("readings", sa.Column("damage", sa.Text()))


def downgrade() -> None:
    """Drop the column, and with it which readings are of damaged pages."""
    op.drop_column("readings", "damage")
