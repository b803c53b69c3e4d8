"""`sealq doctor`: is everything there?"""

from __future__ import annotations

from collections.abc import Sequence

import click

from sealq_configs.errors import StackUnreachableError
from sealq_configs.settings import LoadedSettings
from sealq_producer.cli.options import pass_settings
from sealq_producer.doctor import examine

#: Characters of the longest part's name.
PART_WIDTH = 12


@click.command()
@click.option("--device", "devices", multiple=True, help="Look for this device on this host.")
@click.pass_context
@pass_settings
def doctor(loaded: LoadedSettings, ctx: click.Context, /, *, devices: Sequence[str]) -> None:
    """Say what can be reached and what can't, with the remedy.

    `no` is what a running stack can't do without, `--` what its workers or `sealq run` need here.
    """
    healthy = True
    for finding in examine(loaded.settings, devices):
        mark = "ok" if finding.ok else "no" if finding.needed else "--"
        click.echo(f"{mark}  {finding.part:{PART_WIDTH}}  {finding.detail}")
        healthy = healthy and (finding.ok or not finding.needed)
    if not healthy:
        click.echo(
            "No running stack here. `sealq run` needs none: it brings its own Redis and database.",
            err=True,
        )
    ctx.exit(0 if healthy else StackUnreachableError.exit_code)
