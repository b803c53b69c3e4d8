"""`sealq report`: the morning report of a job."""

from __future__ import annotations

import click


@click.command()
def report() -> None:
    """The morning report of a job."""
