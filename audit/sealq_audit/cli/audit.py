"""`sealq audit`: verdicts on the documents of a job."""

from __future__ import annotations

import click


@click.command()
def audit() -> None:
    """Verdicts on the documents of a job."""
