"""Databases with as many rows as years of work leave, made by SQL alone.

One job holds all: a page to a document, a region to a page, two lines to a region. Texts and hashes
are made of the rows' numbers.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset
from sealq_storage.jobs import NewJob, create_job
from sealq_storage.sql.engine import open_sessions

#: Of so many seals one says a rare name; every one says a common one.
RARE_EVERY = 100_000
RARE, COMMON = "罕见印务", "有限公司"

_NUMBERS = {
    "postgresql": "generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS numbers (n)",
    "sqlite": """(
      WITH RECURSIVE numbers (n) AS (
        SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last
      )
      SELECT n FROM numbers) AS numbers""",
}
#: A hash that no two rows share, and names as varied as real ones, from the number of a row.
_HASH = {
    "postgresql": "repeat(md5(n::text), 2)",
    "sqlite": "printf('%064x', n * 2654435761)",
}
_NAME = {
    "postgresql": "chr(19968 + (n * 7919 % 20000)::int) || chr(19968 + (n * 104729 % 20000)::int)"
    " || chr(19968 + (n % 19997)::int)",
    "sqlite": "char(19968 + n * 7919 % 20000) || char(19968 + n * 104729 % 20000)"
    " || char(19968 + n % 19997)",
}

_DOCUMENTS = """
INSERT INTO documents (id, job_id, source, source_sha256, location, size, sha256, media_type,
  page_count, state, attempts, created_at, published_at)
SELECT n, :job, 'in/' || n || '.tif', {hash}, 'file:///in/' || n || '.tif', 1, {hash},
  'image/tiff', 1, 'counted', 1, :now, :now FROM {numbers}
"""
_READINGS = """
INSERT INTO readings (id, content_sha256, page_number, pipeline_digest, pipeline_id, page_width,
  page_height, dpi, looked, transform, object_prefix, pictures, seconds, device, created_at)
SELECT n, {hash}, 1, :digest, :pipeline, 1240, 1754, 144, 'layout', '{{}}', 'readings/' || n, '[]',
  '{{}}', 'cpu', :now FROM {numbers}
"""
_REGIONS = """
INSERT INTO regions (id, reading_id, number, frame, x1, y1, x2, y2, score, label, found_by)
SELECT n, n, 1, 'page', 1, 2, 3, 4, 0.9, 'seal', 'layout' FROM {numbers}
"""
_LINES = """
INSERT INTO lines (region_id, number, text, score, polygon)
SELECT n, 1, {name} || CASE WHEN n % :rare_every = 0 THEN :rare ELSE '' END || :common, 0.9,
  '[[1, 2], [3, 4], [5, 6], [7, 8]]' FROM {numbers}
"""
_SECOND_LINES = """
INSERT INTO lines (region_id, number, text, score, polygon)
SELECT n, 2, '发票专用章', 0.9, '[[1, 2], [3, 4], [5, 6], [7, 8]]' FROM {numbers}
"""
_TEXTS = """
INSERT INTO seal_texts (region_id, text)
SELECT region_id, text || :end || '发票专用章' || :end FROM lines
WHERE number = 1 AND region_id BETWEEN :first AND :last
"""
_PAGES = """
INSERT INTO pages (id, job_id, document_id, number, state, attempts, reading_id, published_at,
  finished_at)
SELECT n, :job, n, 1, 'done', 1, n, :now, :now FROM {numbers}
"""
_STATEMENTS = (_DOCUMENTS, _READINGS, _REGIONS, _LINES, _SECOND_LINES, _TEXTS, _PAGES)
#: Rows that one statement makes.
_SPAN = 100_000


def fill(engine: Engine, rows: int) -> str:
    """Fill an empty, migrated database with so many documents that were read; return the job."""
    preset = load_preset("mobile").spec(PredictParameters())
    with open_sessions(engine).begin() as session:
        job = create_job(session, NewJob("March", preset))
        values = {"job": job.id, "pipeline": job.pipeline_id}
    for first in range(1, rows + 1, _SPAN):
        with engine.begin() as connection:
            _fill_span(connection, first, min(rows, first + _SPAN - 1), values)
    _set_numbers(engine)
    return job.id


def _fill_span(connection: Connection, first: int, last: int, values: dict[str, str]) -> None:
    dialect = connection.dialect.name
    parts = {name: each[dialect] for name, each in _DIALECTS.items()}
    given = {
        **values,
        "first": first,
        "last": last,
        "rare_every": RARE_EVERY,
        "digest": "d" * 64,
        "rare": RARE,
        "common": COMMON,
        "end": "\n\n",
        "now": "2026-03-31 22:15:04.000000",
    }
    for statement in _STATEMENTS:
        connection.execute(text(statement.format(**parts)), given)


_DIALECTS = {"numbers": _NUMBERS, "hash": _HASH, "name": _NAME}


def _set_numbers(engine: Engine) -> None:
    """Let rows that come next be numbered onwards, and the planner know what is there."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            for table in ("documents", "readings", "regions", "lines", "pages"):
                after = f"SELECT setval('{table}_id_seq', max(id)) FROM {table}"  # noqa: S608
                connection.execute(text(after))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
