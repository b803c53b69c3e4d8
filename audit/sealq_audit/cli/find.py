"""`sealq find`: find seals by what they say."""

from __future__ import annotations

import click


@click.command()
def find() -> None:
    """Find seals by what they say."""
