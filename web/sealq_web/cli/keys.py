"""`sealq keys`: make, list and revoke API keys."""

from __future__ import annotations

import click


@click.command()
def keys() -> None:
    """Make, list and revoke API keys."""
