"""`sealq db upgrade`: migrations."""

from __future__ import annotations

import click

from sealq_configs.settings import LoadedSettings
from sealq_producer.cli.options import pass_settings
from sealq_storage.sql.opening import upgrade_database


@click.group()
def db() -> None:
    """Care for the database."""


@db.command()
@pass_settings
def upgrade(loaded: LoadedSettings) -> None:
    """Create the tables, or bring them to this version of sealq. Run it again at will."""
    upgrade_database(loaded.settings.database)
    click.echo("The database is up to date.", err=True)
