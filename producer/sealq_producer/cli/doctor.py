"""`sealq doctor`: is everything there?"""

from __future__ import annotations

from collections.abc import Sequence

import click

from sealq_configs.errors import StackUnreachableError
from sealq_configs.settings import LoadedSettings
from sealq_producer.cli.options import pass_settings
from sealq_producer.doctor import examine


@click.command()
@click.option("--device", "devices", multiple=True, help="Look for this device on this host.")
@click.pass_context
@pass_settings
def doctor(loaded: LoadedSettings, ctx: click.Context, /, *, devices: Sequence[str]) -> None:
    """Say what can be reached and what can't, with the remedy."""
    healthy = True
    for finding in examine(loaded.settings, devices):
        mark = "ok" if finding.ok else "no"
        click.echo(f"{mark}  {finding.part}: {finding.detail}")
        healthy = healthy and (finding.ok or not finding.needed)
    if not healthy:
        click.echo("`sealq run` needs no running stack: it brings its own Redis and database.")
    ctx.exit(0 if healthy else StackUnreachableError.exit_code)
