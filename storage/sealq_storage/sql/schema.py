"""All tables together: as migrations make them, and docs/database.md describes them."""

from __future__ import annotations

from sealq_storage.sql import access_tables, review_tables, search_tables, verdict_tables
from sealq_storage.sql.tables import Table

#: Every module that defines tables; a new one is added here.
TABLE_MODULES = (access_tables, review_tables, search_tables, verdict_tables)

METADATA = Table.metadata
