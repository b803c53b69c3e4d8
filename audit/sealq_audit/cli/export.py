"""`sealq export`: write a job as CSV, JSON lines, Parquet or XLSX."""

from __future__ import annotations

import click


@click.command()
def export() -> None:
    """Write a job as CSV, JSON lines, Parquet or XLSX."""
