"""`sealq run`: the whole job on this machine, with nothing running beside it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import click
from sqlalchemy import make_url

from sealq_configs.model_cache import FONT, ModelCache
from sealq_configs.settings import LoadedSettings, Settings
from sealq_configs.spec import PipelineSpec
from sealq_configs.terminal import standard_output
from sealq_producer.cli.options import (
    Request,
    format_option,
    pass_settings,
    report_skipped,
    request_options,
)
from sealq_producer.cli.report import exit_code, show_failures, summary
from sealq_producer.cli.submit import dry_run_option, print_plan
from sealq_producer.errors import LocalStackError
from sealq_producer.local_stack import LocalStack, local_stack, require_engine, require_worker
from sealq_producer.output import write_regions
from sealq_producer.progress import Beginning, Show, progress, show_documents, wait_for
from sealq_producer.sources import Skipped, Source
from sealq_producer.stack import Stack, open_stack
from sealq_producer.submit import submit
from sealq_storage.jobs import NewJob, cancel_job
from sealq_storage.results import stream_regions
from sealq_storage.sql.opening import upgrade_database
from sealq_storage.status import JobStatus

#: A start takes ten seconds and more: it is said what is going on.
STARTING = Beginning("starting the worker", "loading the models")


@click.command()
@request_options
@click.option(
    "--device", "devices", multiple=True, help="cpu, gpu:0, npu:0, ...; default: all found."
)
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
    help="Passwords of encrypted PDFs, one a line. They are kept nowhere else.",
)
@format_option
@dry_run_option
@click.pass_context
@pass_settings
def run(
    loaded: LoadedSettings,
    ctx: click.Context,
    /,
    *,
    devices: Sequence[str],
    password_file: Path | None,
    form: str,
    dry_run: bool,
    **options: Any,
) -> None:
    """Read the seals in files, folders and s3:// prefixes on this machine.

    Starts a private Redis and one worker per device, reads, prints the seals and stops what it
    started. All it keeps lies in the home folder; what was read once is not read again.
    """
    request = Request(**options)
    new = request.new_job(loaded.settings)
    skipped = Skipped()
    sources = request.sources(loaded.settings, skipped)
    if dry_run:
        print_plan(sources, skipped)
        return
    settings = _local(loaded.settings, password_file, new.spec)
    require_worker()
    require_engine(new.spec)
    upgrade_database(settings.database)
    _fetch_models(settings, new.spec)
    with local_stack(settings, devices) as local, open_stack(local.settings) as stack:
        with progress() as show:
            status = _read(stack, local, new, sources, show)
        report_skipped(skipped)
        with stack.queries.begin() as session:
            write_regions(
                stream_regions(session, status.id), stack.objects, form, standard_output()
            )
        show_failures(stack, status)
        click.echo(summary(status), err=True)
        database = make_url(settings.database).render_as_string(hide_password=True)
        click.echo(f"Database {database}, pictures in {settings.objects}", err=True)
    ctx.exit(exit_code(status))


def _local(settings: Settings, password_file: Path | None, spec: PipelineSpec) -> Settings:
    """Return settings whose paths hold in every process, whatever folder it works in.

    The workers trust the model folders of the pipeline: who starts them named it.
    """
    models = [*settings.model_folders, *map(Path, spec.model_folders())]
    passwords = password_file or settings.password_file
    return settings.model_copy(
        update={
            "home": settings.home.absolute(),
            "model_folders": tuple(folder.absolute() for folder in models),
            "password_file": None if passwords is None else passwords.absolute(),
        }
    )


def _fetch_models(settings: Settings, spec: PipelineSpec) -> None:
    """Fetch what is missing before anything starts: here its progress and its failure are seen.

    Raises:
        ModelError: Says what can't be had, why, and what to do.
    """
    font = [FONT] if settings.pictures and settings.font is None else []
    cache = ModelCache(settings.models_dir)
    cache.pull([*spec.catalogued(), *font], lambda line: click.echo(line, err=True))


def _read(
    stack: Stack, local: LocalStack, new: NewJob, sources: Iterable[Source], show: Show
) -> JobStatus:
    started = time.monotonic()
    submitted = submit(stack, new, sources, show_documents(show))
    # What an interrupted run left behind: its Redis is gone. After the new job, which goes first
    # and needs nothing of it: its messages are younger.
    stack.dispatcher.republish_due(older_than=ceil(time.monotonic() - started))
    try:
        return wait_for(stack, submitted.job_id, show, check=local.check, beginning=STARTING)
    except LocalStackError:
        _cancel(stack, submitted.job_id)
        raise
    except KeyboardInterrupt:
        _cancel(stack, submitted.job_id)
        click.echo(
            f"Stopped; job {submitted.job_id} is cancelled. The same command goes on where it "
            "stopped: what was read is not read again.",
            err=True,
        )
        raise


def _cancel(stack: Stack, job_id: str) -> None:
    with stack.sessions.begin() as session:
        cancel_job(session, job_id)
