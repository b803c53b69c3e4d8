"""`sealq cancel`, `sealq retry` and `sealq resume`."""

from __future__ import annotations

import click

from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import count_of
from sealq_producer.cli.options import pass_settings
from sealq_producer.stack import open_stack
from sealq_storage.jobs import cancel_job, find_job, retry_job
from sealq_storage.status import job_status


@click.command()
@click.argument("job")
@pass_settings
def cancel(loaded: LoadedSettings, job: str) -> None:
    """Take what is not read yet out of the work; what was read stays."""
    with open_stack(loaded.settings) as stack, stack.sessions.begin() as session:
        status = job_status(session, find_job(session, job).id)
        pages = 0 if status.finished else cancel_job(session, status.id)
    if status.finished:
        click.echo(f"Job {status.id} is {status.state}: there is nothing to cancel.", err=True)
    else:
        text = f"{count_of(status.open_documents, 'document')} and {count_of(pages, 'page')}"
        click.echo(f"Job {status.id} is cancelled: {text} will not be read.", err=True)


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
    text = f"{count_of(retried.documents, 'document')} and {count_of(retried.pages, 'page')}"
    click.echo(f"Job {job_id}: due again are {text}.", err=True)


@click.command()
@click.argument("job", required=False)
@pass_settings
def resume(loaded: LoadedSettings, job: str | None) -> None:
    """Publish again what is due: after Redis lost its data. Of one job, or of all.

    Work that is under way is not disturbed: a worker claims pages before it reads them.
    """
    with open_stack(loaded.settings) as stack:
        stack.transport.ping()
        with stack.queries.begin() as session:
            job_id = find_job(session, job).id if job else None
        again = stack.dispatcher.republish_due(older_than=0, job_id=job_id)
    text = f"{count_of(again.documents, 'document')} and {count_of(again.pages, 'page')}"
    click.echo(f"Published again: {text}.", err=True)
