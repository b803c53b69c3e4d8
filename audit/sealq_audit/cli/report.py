"""`sealq report`: the morning report of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import get_args

import click

from sealq_audit.cli.options import EXCEPTIONS, exit_on, names_option, pass_settings
from sealq_audit.reasons import Language
from sealq_audit.report.figures import Figures, gather
from sealq_audit.report.page import html_report
from sealq_audit.report.text import text_report
from sealq_audit.report.words import words_in
from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import standard_output
from sealq_storage.jobs import find_job
from sealq_storage.objects import open_objects
from sealq_storage.sql.opening import open_database


class Other(StrEnum):
    """What a report finds beside verdicts on documents."""

    NOT_READ = "not_read"  # a document or page that failed
    UNFINISHED = "unfinished"  # the job is not done
    NO_AUDIT = "no_audit"


@click.command()
@click.argument("job")
@click.option(
    "--format", "form", type=click.Choice(["text", "html"]), default="text", help="How to write it."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File. Default: stdout."
)
@click.option(
    "--exceptions",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    help="Documents that are shown at most.",
)
@names_option(
    "--fail-on",
    *(*EXCEPTIONS, *Other),
    help_="End with exit code 1 where there is such a verdict, or `not_read` (documents or pages "
    "that failed), `unfinished` (the job is not done), `no_audit`. `any`: all of them.",
)
@click.option(
    "--language", type=click.Choice(get_args(Language)), default="en", help="Of the report."
)
@pass_settings
def report(
    loaded: LoadedSettings,
    *,
    job: str,
    form: str,
    out: Path | None,
    exceptions: int,
    fail_on: Sequence[StrEnum],
    language: Language,
) -> None:
    """Write the morning report of a job (its id, the beginning of it, or `last`).

    It takes the verdicts of the last `sealq audit`.
    """
    settings = loaded.settings
    objects = open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url)
    with open_database(settings.database) as database, database.queries.begin() as session:
        figures = gather(session, find_job(session, job).id, exceptions)
    words = words_in(language)
    text = html_report(figures, objects, words) if form == "html" else text_report(figures, words)
    if out is None:
        standard_output().write(text)
    else:
        _replace(out, text)
    exit_on(list(_found(figures)), fail_on)


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all: a web server may be showing the last one.

    Raises:
        ClickException: The place can't be written to.
    """
    half = path.with_name(f".{path.name}.half")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as exc:
        raise click.FileError(str(path), exc.strerror) from exc


def _found(figures: Figures) -> Iterator[str]:
    yield from figures.verdicts
    if figures.status.failed:
        yield Other.NOT_READ
    if not figures.status.finished:
        yield Other.UNFINISHED
    if not figures.verdicts:
        yield Other.NO_AUDIT
