"""Search in what seals say, and what the same impression is found by."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from sealq_storage.search import searched_form

revision = "0005"
down_revision = "0004"

#: Numbered by its region.
_REGION_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Regions whose texts are copied at a time.
_BATCH = 1000

# Both kinds of database find any three characters in a row. PostgreSQL's own extension for that
# needs rights that many users lack, and finds no Chinese where the locale is C; SQLite has it built
# in. What both know besides is the beginning of such three, and so two characters, or one.
_POSTGRES_FUNCTION = """
CREATE FUNCTION sealq_trigrams(said text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000
RETURN (
  SELECT array_to_tsvector(array_agg(substr(said, place, 3)))
  FROM generate_series(1, length(said) - 2) AS place
)
"""
_POSTGRES_INDEX = (
    "CREATE INDEX ix_seal_texts_trigrams ON seal_texts USING gin (sealq_trigrams(text))"
)

# The texts stay in their table; triggers keep the index to it, whoever deletes a region.
_SQLITE_INDEX = """
CREATE VIRTUAL TABLE seal_search USING fts5(
  text, content='seal_texts', content_rowid='region_id',
  tokenize='trigram case_sensitive 1', detail='none'
)
"""
_SQLITE_TRIGRAMS = (
    "CREATE VIRTUAL TABLE seal_search_trigrams USING fts5vocab('seal_search', 'instance')"
)
_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER seal_texts_inserted AFTER INSERT ON seal_texts BEGIN
      INSERT INTO seal_search (rowid, text) VALUES (new.region_id, new.text);
    END
    """,
    """
    CREATE TRIGGER seal_texts_deleted AFTER DELETE ON seal_texts BEGIN
      INSERT INTO seal_search (seal_search, rowid, text)
      VALUES ('delete', old.region_id, old.text);
    END
    """,
    """
    CREATE TRIGGER seal_texts_updated AFTER UPDATE ON seal_texts BEGIN
      INSERT INTO seal_search (seal_search, rowid, text)
      VALUES ('delete', old.region_id, old.text);
      INSERT INTO seal_search (rowid, text) VALUES (new.region_id, new.text);
    END
    """,
)


def upgrade() -> None:
    """Add the tables, fill in what seals say that are there already, and index it."""
    _create_seal_texts()
    _create_impressions()
    _copy_texts()
    if _is_postgresql():
        op.execute(_POSTGRES_FUNCTION)
        op.execute(_POSTGRES_INDEX)
        return
    for statement in (_SQLITE_INDEX, _SQLITE_TRIGRAMS, *_SQLITE_TRIGGERS):
        op.execute(statement)
    op.execute("INSERT INTO seal_search (seal_search) VALUES ('rebuild')")


def downgrade() -> None:
    """Drop both: texts can be copied again, impressions are lost."""
    if not _is_postgresql():
        op.execute("DROP TABLE seal_search_trigrams")
        op.execute("DROP TABLE seal_search")
    op.drop_table("impressions")
    op.drop_table("seal_texts")
    if _is_postgresql():
        op.execute("DROP FUNCTION sealq_trigrams(text)")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _create_seal_texts() -> None:
    op.create_table(
        "seal_texts",
        sa.Column("region_id", _REGION_ID, nullable=False, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region_id", name="pk_seal_texts"),
        sa.ForeignKeyConstraint(
            ["region_id"],
            ["regions.id"],
            name="fk_seal_texts_region_id_regions",
            ondelete="CASCADE",
        ),
    )


def _create_impressions() -> None:
    op.create_table(
        "impressions",
        sa.Column("region_id", _REGION_ID, nullable=False, autoincrement=False),
        sa.Column("pixels_sha256", sa.String(64), nullable=False),
        sa.Column("look", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("region_id", name="pk_impressions"),
        sa.ForeignKeyConstraint(
            ["region_id"],
            ["regions.id"],
            name="fk_impressions_region_id_regions",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_impressions_pixels_sha256", "impressions", ["pixels_sha256"])


def _copy_texts() -> None:
    """Copy in batches: a database may hold millions of lines."""
    target = sa.table("seal_texts", sa.column("region_id"), sa.column("text"))
    for first, last in _region_spans():
        said = op.get_bind().execute(_SAID, {"first": first, "last": last}).all()
        rows = [
            {"region_id": region_id, "text": searched_form(text for _, text in texts)}
            for region_id, texts in groupby(said, key=lambda row: row[0])
        ]
        op.bulk_insert(target, [row for row in rows if row["text"]])


_SAID = sa.text(
    "SELECT region_id, text FROM lines WHERE region_id BETWEEN :first AND :last UNION ALL "
    "SELECT region_id, text FROM fields "
    "WHERE region_id BETWEEN :first AND :last AND text IS NOT NULL ORDER BY region_id"
)


def _region_spans() -> Iterator[tuple[int, int]]:
    """Yield the first and last number of regions, so many numbers at a time."""
    ends = op.get_bind().execute(sa.text("SELECT min(id), max(id) FROM regions")).one()
    if ends[0] is not None:
        for first in range(ends[0], ends[1] + 1, _BATCH):
            yield first, first + _BATCH - 1
