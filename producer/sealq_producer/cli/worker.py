"""`sealq worker`: serve devices."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from sealq_configs.settings import LoadedSettings
from sealq_producer.cli.options import pass_settings
from sealq_producer.local_stack import require_worker, worker_command


@click.command()
@click.option(
    "--device", "devices", multiple=True, help="cpu, gpu:0, npu:0, ...; default: all found."
)
@pass_settings
def worker(loaded: LoadedSettings, devices: Sequence[str]) -> None:
    """Run one worker process per device until SIGTERM or Ctrl-C.

    The first signal finishes the pages in hand, the second leaves at once.
    """
    require_worker()
    command = worker_command(devices)
    # In place of this process: signals and exit code are the workers' own.
    os.execve(command[0], command, {**os.environ, **loaded.settings.environment()})  # noqa: S606
