"""`sealq submit`: put a job into a running stack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import count_of, standard_output
from sealq_producer.cli.options import Request, pass_settings, report_skipped, request_options
from sealq_producer.cli.report import exit_code, show_failures, summary
from sealq_producer.progress import progress, show_documents, wait_for
from sealq_producer.sources import Skipped, Source
from sealq_producer.stack import Stack, open_stack
from sealq_producer.submit import Submitted
from sealq_producer.submit import submit as submit_job

dry_run_option = click.option("--dry-run", is_flag=True, help="Name the documents and do nothing.")


def _refuse_passwords(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    """Say where passwords belong: what a job says travels through SQL, for all to read."""
    if value is not None:
        raise click.BadParameter(
            "passwords do not travel with a job. Name the file in SEALQ_PASSWORD_FILE where the "
            "workers start, or use `sealq run`.",
            ctx=ctx,
            param=option,
        )


@click.command()
@request_options
@click.option("--device-kind", help="Only workers on this kind of device: gpu, npu, cpu, ...")
@click.option("--wait", is_flag=True, help="Show progress until the job is done.")
@click.option(
    "--password-file", hidden=True, expose_value=False, is_eager=True, callback=_refuse_passwords
)
@dry_run_option
@click.pass_context
@pass_settings
def submit(
    loaded: LoadedSettings,
    ctx: click.Context,
    /,
    *,
    device_kind: str | None,
    wait: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Put files, folders and s3:// prefixes into a running stack; print the job's id."""
    request = Request(**options)
    new = request.new_job(loaded.settings, device_kind)
    skipped = Skipped()
    sources = request.sources(loaded.settings, skipped)
    if dry_run:
        print_plan(sources, skipped)
        return
    with open_stack(loaded.settings) as stack:
        with progress() as show:
            submitted = submit_job(stack, new, sources, show_documents(show))
        report_skipped(skipped)
        _report_unpublished(submitted)
        click.echo(submitted.job_id)
        if wait:
            ctx.exit(_wait(stack, submitted.job_id))


def _report_unpublished(submitted: Submitted) -> None:
    if submitted.unpublished:
        click.echo(
            f"{submitted.unpublished} All documents of the job are listed; some are not published "
            "yet. Once Redis answers, a worker does that by itself, or "
            f"`sealq resume {submitted.job_id}` at once.",
            err=True,
        )


def _wait(stack: Stack, job_id: str) -> int:
    """Show how a job goes until it is done; return the exit code."""
    try:
        with progress() as show:
            status = wait_for(stack, job_id, show)
    except KeyboardInterrupt:
        click.echo(f"Job {job_id} goes on: see `sealq status {job_id}`.", err=True)
        raise
    show_failures(stack, status)
    click.echo(summary(status), err=True)
    return exit_code(status)


def print_plan(sources: Iterable[Source], skipped: Skipped) -> None:
    """Name what would be submitted, with sizes."""
    out = standard_output()
    documents = size = 0
    for source in sources:
        documents += 1
        size += source.size or 0
        out.write(f"{source.name}\t{'' if source.size is None else source.size}\n")
    report_skipped(skipped)
    text = f"{count_of(documents, 'document')}, {size:,} bytes"
    click.echo(f"{text}. Nothing was submitted.", err=True)
