"""A job as a file: CSV, JSON lines, Parquet or XLSX, written as it is read from the database."""

from __future__ import annotations

from sealq_audit.export.writing import FORMATS, TEXT_FORMATS, Export, export_job

__all__ = ["FORMATS", "TEXT_FORMATS", "Export", "export_job"]
