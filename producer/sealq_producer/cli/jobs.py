"""`sealq cancel` and `sealq retry`."""

from __future__ import annotations

import click

from sealq_configs.settings import LoadedSettings
from sealq_producer.cli.options import pass_settings
from sealq_producer.stack import open_stack
from sealq_storage.jobs import cancel_job, find_job, retry_job


@click.command()
@click.argument("job")
@pass_settings
def cancel(loaded: LoadedSettings, job: str) -> None:
    """Take what is not read yet out of the work; what was read stays."""
    with open_stack(loaded.settings) as stack, stack.sessions.begin() as session:
        job_id = find_job(session, job).id
        pages = cancel_job(session, job_id)
    click.echo(f"Job {job_id}: {pages} pages cancelled.", err=True)


@click.command()
@click.argument("job")
@pass_settings
def retry(loaded: LoadedSettings, job: str) -> None:
    """Read again what failed or was cancelled."""
    with open_stack(loaded.settings) as stack:
        stack.transport.ping()
        with stack.sessions.begin() as session:
            job_id = find_job(session, job).id
            retried = retry_job(session, job_id)
        stack.dispatcher.republish_due(older_than=stack.settings.visibility_timeout, job_id=job_id)
    click.echo(
        f"Job {job_id}: {retried.documents} documents and {retried.pages} pages are due again.",
        err=True,
    )
