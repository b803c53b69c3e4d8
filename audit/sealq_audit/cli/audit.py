"""`sealq audit`: verdicts on the documents of a job."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import get_args

import click

from sealq_audit.audit import Audited, Auditor
from sealq_audit.cli.options import EXCEPTIONS, exit_on, names_option, pass_settings
from sealq_audit.output import FORMATS, write_verdicts
from sealq_audit.reasons import Language
from sealq_audit.rules import default_rules
from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import count_of, standard_output
from sealq_storage.jobs import find_job
from sealq_storage.objects import open_objects
from sealq_storage.sql.opening import open_database
from sealq_storage.status import job_status
from sealq_storage.verdicts import Verdict, stream_verdicts

#: Unmet expectations that are told by name.
SHOWN_UNMET = 20

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


class Other(StrEnum):
    """What an audit finds beside verdicts on documents."""

    NOT_IN_JOB = "not_in_job"  # expected of a document that the job does not have


def _show_rules(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    """Print the rules and end, as `--version` does."""
    del param
    if wanted:
        standard_output().write(default_rules())
        ctx.exit()


@click.command()
@click.argument("job")
@click.option("--expect", type=_FILE, metavar="FILE", help="What is expected: CSV, JSONL or XLSX.")
@click.option("--rules", type=_FILE, metavar="FILE", help="YAML of what differs from the rules.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="How to print.")
@names_option("--only", *Verdict, help_="Print only these verdicts.")
@names_option(
    "--fail-on",
    *(*EXCEPTIONS, *Other),
    help_="End with exit code 1 where there is such a verdict, or `not_in_job`: something is "
    "expected of a document that the job does not have. `any`: all of them.",
)
@click.option("--language", type=click.Choice(get_args(Language)), default="en", help="Of reasons.")
@click.option(
    "--show-rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_rules,
    help="Print the rules that sealq brings, and end.",
)
@pass_settings
def audit(
    loaded: LoadedSettings,
    *,
    job: str,
    expect: Path | None,
    rules: Path | None,
    form: str,
    only: Sequence[Verdict],
    fail_on: Sequence[StrEnum],
    language: Language,
) -> None:
    """Give a verdict on each document of a job (its id, the beginning of it, or `last`).

    Verdicts are ok, missing, wrong_company, wrong_purpose, too_few_parties, unreadable and review.
    They are stored in place of those of the last audit.
    """
    settings = loaded.settings
    auditor = Auditor.of(settings, expect, rules)
    objects = open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url)
    with open_database(settings.database) as database:
        with database.queries.begin() as session:
            status = job_status(session, find_job(session, job).id)
        audited = auditor.audit(database, status.id)
        with database.queries.begin() as session:
            found = stream_verdicts(session, status.id, only)
            write_verdicts(found, objects, form, standard_output(), language)
    _tell(audited, finished=status.finished)
    exit_on([*audited.counts, *([Other.NOT_IN_JOB] if audited.unmet else [])], fail_on)


def _tell(audited: Audited, *, finished: bool) -> None:
    """Say on stderr what the audit comes to."""
    counts = ", ".join(f"{count} {verdict.value}" for verdict, count in audited.counts.items())
    documents = count_of(sum(audited.counts.values()), "document")
    click.echo(f"Audit of job {audited.job_id}: {documents}: {counts or 'none'}.", err=True)
    for row in audited.unmet[:SHOWN_UNMET]:
        click.echo(f"not in the job: {row.document} ({row.place})", err=True)
    if more := len(audited.unmet[SHOWN_UNMET:]):
        click.echo(f"... and {more} more that are not in the job", err=True)
    if not finished:
        click.echo(
            f"The job is not done: audit again when it is. See `sealq status {audited.job_id}`.",
            err=True,
        )
