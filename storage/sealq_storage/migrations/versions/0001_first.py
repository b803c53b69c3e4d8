"""The first tables: pipelines, jobs, documents, pages, readings, regions, lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

#: SQLite numbers rows by itself only in an INTEGER key.
_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make all tables."""
    _create_pipelines()
    _create_jobs()
    _create_documents()
    _create_readings()
    _create_pages()
    _create_regions()
    _create_lines()


def downgrade() -> None:
    """Drop all tables."""
    for table in ("lines", "regions", "pages", "readings", "documents", "jobs", "pipelines"):
        op.drop_table(table)


def _create_pipelines() -> None:
    op.create_table(
        "pipelines",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("preset", sa.Text(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pipelines"),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("client_token", sa.String(200)),
        sa.Column("pipeline_id", sa.String(64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("device_kind", sa.String(20)),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("pages", sa.Text()),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("submitted_at", _TIME),
        sa.Column("cancelled_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("client_token", name="uq_jobs_client_token"),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipelines.id"], name="fk_jobs_pipeline_id_pipelines"
        ),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sha256", sa.String(64)),
        sa.Column("media_type", sa.String(100)),
        sa.Column("page_count", sa.Integer()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_until", _TIME),
        sa.Column("published_at", _TIME),
        sa.Column("error_code", sa.String(60)),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("job_id", "source_sha256", name="uq_documents_job_id_source_sha256"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_documents_job_id_jobs", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_documents_job_id_state", "documents", ["job_id", "state"])
    op.create_index("ix_documents_sha256", "documents", ["sha256"])


def _create_readings() -> None:
    op.create_table(
        "readings",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("page_number", sa.Integer(), nullable=False),
        sa.Column("pipeline_digest", sa.String(64), nullable=False),
        sa.Column("pipeline_id", sa.String(64), nullable=False),
        sa.Column("page_width", sa.Integer(), nullable=False),
        sa.Column("page_height", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Double()),
        sa.Column("looked", sa.String(20), nullable=False),
        sa.Column("transform", sa.JSON(), nullable=False),
        sa.Column("object_prefix", sa.Text(), nullable=False),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.JSON(), nullable=False),
        sa.Column("device", sa.String(40), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
        sa.UniqueConstraint(
            "content_sha256",
            "page_number",
            "pipeline_digest",
            name="uq_readings_content_sha256_page_number_pipeline_digest",
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipelines.id"], name="fk_readings_pipeline_id_pipelines"
        ),
    )
    op.create_index("ix_readings_pipeline_digest", "readings", ["pipeline_digest"])


def _create_pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("document_id", _ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_until", _TIME),
        sa.Column("published_at", _TIME),
        sa.Column("reading_id", _ROW_ID),
        sa.Column("error_code", sa.String(60)),
        sa.Column("error", sa.Text()),
        sa.Column("finished_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
        sa.UniqueConstraint("document_id", "number", name="uq_pages_document_id_number"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_pages_job_id_jobs", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_pages_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["readings.id"], name="fk_pages_reading_id_readings"
        ),
    )
    op.create_index("ix_pages_job_id_state", "pages", ["job_id", "state"])
    op.create_index("ix_pages_lease_owner", "pages", ["lease_owner"])
    op.create_index("ix_pages_reading_id", "pages", ["reading_id"])


def _create_regions() -> None:
    op.create_table(
        "regions",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("reading_id", _ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("frame", sa.String(20), nullable=False),
        sa.Column("x1", sa.Double(), nullable=False),
        sa.Column("y1", sa.Double(), nullable=False),
        sa.Column("x2", sa.Double(), nullable=False),
        sa.Column("y2", sa.Double(), nullable=False),
        sa.Column("score", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_regions"),
        sa.UniqueConstraint("reading_id", "number", name="uq_regions_reading_id_number"),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["readings.id"],
            name="fk_regions_reading_id_readings",
            ondelete="CASCADE",
        ),
    )


def _create_lines() -> None:
    op.create_table(
        "lines",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("region_id", _ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("polygon", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lines"),
        sa.UniqueConstraint("region_id", "number", name="uq_lines_region_id_number"),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name="fk_lines_region_id_regions", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_lines_text", "lines", ["text"])
