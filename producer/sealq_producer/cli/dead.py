"""`sealq dead`: pages and documents that used up their attempts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import count_of, standard_output, write_table
from sealq_producer.cli.options import pass_settings
from sealq_producer.stack import Stack, open_stack
from sealq_storage.dead_letters import (
    DeadLetter,
    find_dead_letter,
    list_dead_letters,
    requeue_dead_letters,
)
from sealq_storage.jobs import find_job


@click.group()
def dead() -> None:
    """List, look at and requeue what used up its attempts.

    Such a page or document ended the reading process, hung, took too much memory or made the
    pipeline fail, each time it was tried. What is wrong with a document itself (damaged, encrypted,
    ...) is no dead letter: `sealq status JOB` names it, and `sealq retry JOB` tries it again.
    """


@dead.command("list")
@click.argument("job", required=False)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.option("--limit", type=click.IntRange(1), help="So many at most. Default: all.")
@pass_settings
def list_(loaded: LoadedSettings, job: str | None, form: str, limit: int | None) -> None:
    """List dead letters, the newest first: of one job, or of all."""
    with open_stack(loaded.settings) as stack, stack.queries.begin() as session:
        job_id = find_job(session, job).id if job else None
        letters = list_dead_letters(session, job_id, limit)
    if form == "json":
        records = [_record(letter) for letter in letters]
        standard_output().write(json.dumps(records, ensure_ascii=False) + "\n")
    else:
        write_table(map(_row, letters), standard_output(), empty="No dead letters.")


@dead.command()
@click.argument("letter", metavar="ID")
@pass_settings
def show(loaded: LoadedSettings, letter: str) -> None:
    """Show one dead letter: what was tried, where, and how it ended."""
    with open_stack(loaded.settings) as stack, stack.queries.begin() as session:
        found = find_dead_letter(session, letter)
    out = standard_output()
    for name, value in _record(found).items():
        shown = "all (it could not be opened)" if name == "page" and value is None else value
        out.write(f"{name:<10} {'unknown' if shown is None else shown}\n")


@dead.command()
@click.argument("letters", metavar="[ID]...", nargs=-1)
@click.option("--job", help="All of this job (its id, the beginning of it, or `last`).")
@pass_settings
def requeue(loaded: LoadedSettings, letters: Sequence[str], job: str | None) -> None:
    """Try dead letters again, with all attempts before them: these, or all of a job."""
    if bool(letters) == bool(job):
        raise click.UsageError("Name dead letters (`sealq dead list`), or a job with --job.")
    with open_stack(loaded.settings) as stack:
        stack.transport.ping()
        with stack.sessions.begin() as session:
            job_id = find_job(session, job).id if job else None
            requeued = requeue_dead_letters(session, letters, job_id)
        _publish(stack)
    text = f"{count_of(requeued.documents, 'document')} and {count_of(requeued.pages, 'page')}"
    click.echo(f"Due again: {text}.", err=True)
    if letters and requeued.documents + requeued.pages < len(set(letters)):
        click.echo("The others are no dead letters any more, or their job is cancelled.", err=True)


def _publish(stack: Stack) -> None:
    stack.dispatcher.republish_due(older_than=stack.settings.visibility_timeout)


def _record(letter: DeadLetter) -> dict[str, Any]:
    values = asdict(letter)
    values["document"] = values.pop("source")
    values["job"] = values.pop("job_id")
    values["failed_at"] = letter.failed_at.isoformat(sep=" ", timespec="seconds")
    order = ("id", "job", "document", "page", "cause", "attempts", "worker", "failed_at", "error")
    return {name: values[name] for name in order}


def _row(letter: DeadLetter) -> dict[str, str]:
    return {
        "id": letter.id,
        "job": letter.job_id,
        "document": letter.source,
        "page": "" if letter.page is None else str(letter.page),
        "cause": letter.cause,
        "failed at": f"{letter.failed_at:%Y-%m-%d %H:%M:%S}",
    }
