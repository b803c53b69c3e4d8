"""`sealq status`: how jobs stand."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import standard_output, write_table
from sealq_producer.cli.options import pass_settings
from sealq_producer.cli.report import show_failures
from sealq_producer.progress import describe
from sealq_producer.stack import Stack, open_stack
from sealq_storage.jobs import find_job
from sealq_storage.status import JobStatus, job_status, list_failures, list_jobs


@click.command()
@click.argument("job", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Jobs listed.")
@pass_settings
def status(loaded: LoadedSettings, job: str | None, form: str, limit: int) -> None:
    """Show the newest jobs, or one job (its id, the beginning of it, or `last`)."""
    with open_stack(loaded.settings) as stack:
        if job is None:
            _show_jobs(stack, form, limit)
        else:
            _show_job(stack, job, form)


def _show_jobs(stack: Stack, form: str, limit: int) -> None:
    with stack.queries.begin() as session:
        jobs = list_jobs(session, limit)
    if form == "json":
        standard_output().write(
            json.dumps([_record(job) for job in jobs], ensure_ascii=False) + "\n"
        )
    else:
        write_table(map(_row, jobs), standard_output(), empty="No jobs yet.")


def _show_job(stack: Stack, wanted: str, form: str) -> None:
    with stack.queries.begin() as session:
        found = job_status(session, find_job(session, wanted).id)
        failures = list_failures(session, found.id) if form == "json" else []
    if form == "json":
        record = {**_record(found), "failures": [asdict(failure) for failure in failures]}
        standard_output().write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    click.echo(f"job        {found.id}  {found.name}")
    click.echo(f"state      {found.state}: {describe(found)}")
    click.echo(f"preset     {found.preset}")
    click.echo(f"created    {found.created_at:%Y-%m-%d %H:%M:%S} UTC")
    for key, value in found.tags.items():
        click.echo(f"tag        {key}={value}")
    click.echo(f"documents  {_states(found.documents)}")
    click.echo(f"pages      {_states(found.pages)}; {found.known_pages} of them already known")
    show_failures(stack, found)


def _record(job: JobStatus) -> dict[str, Any]:
    return {
        **asdict(job),
        "created_at": job.created_at.isoformat(),
        "failed": job.failed,
        "seconds_left": job.seconds_left,
    }


def _row(job: JobStatus) -> dict[str, str]:
    pages = sum(job.pages.values())
    return {
        "job": job.id,
        "name": job.name,
        "state": job.state,
        "documents": str(sum(job.documents.values())),
        "pages": f"{pages - job.open_pages}/{pages}",
        "seals": str(job.seals),
        "failed": str(job.failed or ""),
    }


def _states(counts: Any) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none"
