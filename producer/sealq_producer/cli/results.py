"""`sealq results`: what a job read."""

from __future__ import annotations

from typing import get_args

import click

from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import standard_output
from sealq_producer.cli.options import format_option, pass_settings
from sealq_producer.cli.report import exit_code, summary
from sealq_producer.output import write_pages, write_regions
from sealq_producer.stack import open_stack
from sealq_storage.jobs import find_job
from sealq_storage.readings import RegionLabel
from sealq_storage.results import ResultFilter, stream_pages, stream_regions
from sealq_storage.status import job_status


@click.command()
@click.argument("job")
@format_option
@click.option(
    "--label",
    "labels",
    multiple=True,
    type=click.Choice(get_args(RegionLabel)),
    help="Only these: `seal` is read; `cut_seal` (cut by the page's edge) and `tax_mark` (printed "
    "by the tax bureau) are reported, not read. Default: all.",
)
@click.option("--match", metavar="TEXT", help="Seals that say this.")
@click.option("--document", metavar="NAME", help="Documents so named: a part, or with * and ?.")
@click.option(
    "--min-score", type=click.FloatRange(0, 1), help="Seals found with this score or more."
)
@click.option("--pages", is_flag=True, help="List pages, those without a seal too.")
@pass_settings
def results(
    loaded: LoadedSettings,
    *,
    job: str,
    form: str,
    labels: tuple[str, ...],
    match: str | None,
    document: str | None,
    min_score: float | None,
    pages: bool,
) -> None:
    """Print the seals of a job (its id, the beginning of it, or `last`)."""
    if pages and (labels or match or min_score is not None):
        raise click.UsageError(
            "--pages lists pages; --label, --match and --min-score choose seals."
        )
    wanted = ResultFilter(labels, match=match, document=document, min_score=min_score)
    out = standard_output()
    with open_stack(loaded.settings) as stack, stack.queries.begin() as session:
        status = job_status(session, find_job(session, job).id)
        if pages:
            write_pages(stream_pages(session, status.id, wanted), form, out)
        else:
            write_regions(stream_regions(session, status.id, wanted), stack.objects, form, out)
    if not status.finished or exit_code(status):
        # Whoever takes these results for all of them shall know better.
        click.echo(f"Not all was read. {summary(status)} See `sealq status {status.id}`.", err=True)
