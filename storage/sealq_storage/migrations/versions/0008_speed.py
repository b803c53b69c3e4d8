"""Indexes of the few rows that work goes on with, and tallies in place of counting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

#: Indexes by table: name, columns, and the rows that are in it.
_PARTIAL_INDEXES = (
    ("documents", "ix_documents_listed", ["published_at", "id"], "state = 'listed'"),
    (
        "documents",
        "ix_documents_leased",
        ["lease_owner"],
        "state = 'listed' AND lease_owner IS NOT NULL",
    ),
    ("pages", "ix_pages_due", ["published_at", "id"], "state = 'due'"),
    ("pages", "ix_pages_claimed", ["lease_owner"], "state = 'claimed'"),
    ("pages", "ix_pages_finished", ["job_id", "finished_at"], "finished_at IS NOT NULL"),
    ("pages", "ix_pages_reading_id", ["reading_id"], "reading_id IS NOT NULL"),
)
#: What they replace. That of texts can't take a long one on PostgreSQL.
_WHOLE_INDEXES = (
    ("pages", "ix_pages_lease_owner", ["lease_owner"]),
    ("pages", "ix_pages_reading_id", ["reading_id"]),
    ("lines", "ix_lines_text", ["text"]),
)

#: What there is, counted once.
_COUNT = """
INSERT INTO tallies (job_id, what, name, part, count)
SELECT job_id, 'document', state, 0, count(*) FROM documents GROUP BY job_id, state
UNION ALL
SELECT job_id, 'page', state, 0, count(*) FROM pages GROUP BY job_id, state
UNION ALL
SELECT pages.job_id, 'region', regions.label, 0, count(*)
FROM pages JOIN regions ON regions.reading_id = pages.reading_id
WHERE pages.state = 'done' GROUP BY pages.job_id, regions.label
UNION ALL
SELECT pages.job_id, 'known', '', 0, count(*)
FROM pages
JOIN jobs ON jobs.id = pages.job_id
JOIN readings ON readings.id = pages.reading_id
WHERE pages.state = 'done' AND readings.created_at < jobs.created_at GROUP BY pages.job_id
"""


def upgrade() -> None:
    """Exchange indexes; make the tallies, count what there is, and keep count from now on."""
    for table, name, _ in _WHOLE_INDEXES:
        op.drop_index(name, table)
    for table, name, columns, where in _PARTIAL_INDEXES:
        op.create_index(
            name, table, columns, postgresql_where=sa.text(where), sqlite_where=sa.text(where)
        )
    _create_tallies()
    op.execute(_COUNT)
    for statement in _POSTGRESQL if _is_postgresql() else _sqlite_triggers():
        op.execute(statement)


def downgrade() -> None:
    """Count no more; the indexes of before come back."""
    for statement in _POSTGRESQL_DROPS if _is_postgresql() else _sqlite_drops():
        op.execute(statement)
    op.drop_table("tallies")
    for table, name, _, _ in _PARTIAL_INDEXES:
        op.drop_index(name, table)
    for table, name, columns in _WHOLE_INDEXES:
        op.create_index(name, table, columns)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _create_tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "what", "name", "part", name="pk_tallies"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_tallies_job_id_jobs", ondelete="CASCADE"
        ),
    )


# PostgreSQL: once for a statement, whatever the number of its rows -------------------------------

# What changed its state, one row for what it left and one for what it came to. A job that is being
# deleted takes its tallies along. In order, so that two never wait for each other.
_CHANGE = """
  INSERT INTO tallies (job_id, what, name, part, count)
  SELECT job_id, what, name, pg_backend_pid() % 16, sum(step) FROM (
    SELECT job_id, TG_ARGV[0] AS what, state AS name, step FROM moved{pages}
  ) AS steps
  WHERE EXISTS (SELECT FROM jobs WHERE jobs.id = steps.job_id)
  GROUP BY job_id, what, name HAVING sum(step) <> 0 ORDER BY job_id, what, name
  ON CONFLICT (job_id, what, name, part) DO UPDATE SET count = tallies.count + excluded.count;
"""
_OF_PAGES = """
    UNION ALL
    SELECT moved.job_id, 'region', regions.label, step
    FROM moved JOIN regions ON regions.reading_id = moved.reading_id WHERE state = 'done'
    UNION ALL
    SELECT moved.job_id, 'known', '', step
    FROM moved
    JOIN jobs ON jobs.id = moved.job_id
    JOIN readings ON readings.id = moved.reading_id
    WHERE state = 'done' AND readings.created_at < jobs.created_at
"""
_MOVED = {
    "inserted": "SELECT {columns}, 1 AS step FROM born",
    "deleted": "SELECT {columns}, -1 AS step FROM gone",
    "updated": """
    SELECT {columns}, -1 AS step FROM gone
    WHERE EXISTS (SELECT FROM born WHERE born.id = gone.id AND born.state <> gone.state)
    UNION ALL
    SELECT {columns}, 1 AS step FROM born
    WHERE EXISTS (SELECT FROM gone WHERE gone.id = born.id AND gone.state <> born.state)
    """,
}
_SEEN = {
    "inserted": "AFTER INSERT ON {0} REFERENCING NEW TABLE AS born",
    "deleted": "AFTER DELETE ON {0} REFERENCING OLD TABLE AS gone",
    "updated": "AFTER UPDATE ON {0} REFERENCING OLD TABLE AS gone NEW TABLE AS born",
}


def _function(table: str, event: str) -> str:
    pages = table == "pages"
    change = _CHANGE.format(pages=_OF_PAGES if pages else "")
    moved = _MOVED[event].format(columns="job_id, state, reading_id" if pages else "job_id, state")
    return f"""
CREATE FUNCTION sealq_{table}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH moved AS ({moved}) {change}
  RETURN NULL;
END $$
"""


def _trigger(table: str, event: str) -> str:
    what = table.removesuffix("s")
    return (
        f"CREATE TRIGGER {table}_{event} {_SEEN[event].format(table)} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION sealq_{table}_{event}('{what}')"
    )


_EVENTS = [(table, event) for table in ("documents", "pages") for event in _MOVED]
_POSTGRESQL = [make(*each) for each in _EVENTS for make in (_function, _trigger)]
_POSTGRESQL_DROPS = [
    statement
    for table, event in _EVENTS
    for statement in (
        f"DROP TRIGGER {table}_{event} ON {table}",
        f"DROP FUNCTION sealq_{table}_{event}()",
    )
]


# SQLite: once for each row ------------------------------------------------------------------------

_STEP = """
  INSERT INTO tallies (job_id, what, name, part, count)
  SELECT {row}.job_id, '{what}', {row}.state, 0, {sign}1
  WHERE EXISTS (SELECT 1 FROM jobs WHERE id = {row}.job_id)
  ON CONFLICT (job_id, what, name, part) DO UPDATE SET count = count + excluded.count;
"""
_STEPS_OF_PAGES = """
  INSERT INTO tallies (job_id, what, name, part, count)
  SELECT jobs.id, 'region', regions.label, 0, {sign}count(*)
  FROM jobs JOIN regions ON regions.reading_id = {row}.reading_id
  WHERE jobs.id = {row}.job_id AND {row}.state = 'done' GROUP BY regions.label
  ON CONFLICT (job_id, what, name, part) DO UPDATE SET count = count + excluded.count;
  INSERT INTO tallies (job_id, what, name, part, count)
  SELECT jobs.id, 'known', '', 0, {sign}1
  FROM jobs JOIN readings ON readings.id = {row}.reading_id
  WHERE jobs.id = {row}.job_id AND {row}.state = 'done' AND readings.created_at < jobs.created_at
  ON CONFLICT (job_id, what, name, part) DO UPDATE SET count = count + excluded.count;
"""
_ROWS = {
    "inserted": ("AFTER INSERT ON {0}", ("new",)),
    "deleted": ("AFTER DELETE ON {0}", ("old",)),
    "updated": ("AFTER UPDATE OF state ON {0} WHEN old.state <> new.state", ("old", "new")),
}


def _sqlite_triggers() -> list[str]:
    return [_sqlite_trigger(table, event) for table, event in _EVENTS]


def _sqlite_trigger(table: str, event: str) -> str:
    seen, rows = _ROWS[event]
    step = _STEP + (_STEPS_OF_PAGES if table == "pages" else "")
    what = table.removesuffix("s")
    steps = [step.format(row=row, what=what, sign="-" if row == "old" else "") for row in rows]
    return f"CREATE TRIGGER {table}_{event} {seen.format(table)} BEGIN {''.join(steps)} END"


def _sqlite_drops() -> list[str]:
    return [f"DROP TRIGGER {table}_{event}" for table, event in _EVENTS]
