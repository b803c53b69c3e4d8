"""`sealq config show`: every setting, its value, where the value came from."""

from __future__ import annotations

import json

import click

from sealq_configs.settings import LoadedSettings, Settings, as_variable
from sealq_configs.terminal import standard_output, write_table
from sealq_configs.text import without_passwords
from sealq_producer.cli.options import pass_settings


@click.group()
def config() -> None:
    """Show the settings in force."""


@config.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@pass_settings
def show(loaded: LoadedSettings, form: str) -> None:
    """Show each setting, its value and its source. Passwords are hidden."""
    rows = [
        {
            "setting": name,
            "value": _shown(loaded.settings, name),
            "source": loaded.origins[name],
            "meaning": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]
    if form == "json":
        standard_output().write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    else:
        write_table(rows, standard_output())


def _shown(settings: Settings, name: str) -> str:
    """Return a value as text, what stands in for None included."""
    effective = {"database_url": settings.database, "objects_url": settings.objects}
    value = effective.get(name, getattr(settings, name))
    if isinstance(value, tuple):
        value = as_variable(name, value) or None
    return "-" if value is None else without_passwords(str(value))
