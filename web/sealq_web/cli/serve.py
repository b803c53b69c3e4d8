"""`sealq serve`: serve HTTP and the pages."""

from __future__ import annotations

import click


@click.command()
def serve() -> None:
    """Serve HTTP and the pages."""
