"""The database's versions as Alembic scripts; `sealq_storage.sql.migrate` runs them."""
