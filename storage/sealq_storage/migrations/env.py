"""What Alembic executes: the migrations, in the transaction that `sql.migrate` began."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
