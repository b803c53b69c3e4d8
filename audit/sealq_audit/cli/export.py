"""`sealq export`: write a job as CSV, JSON lines, Parquet or XLSX."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, get_args

import click
from sqlalchemy.orm import Session

from sealq_audit.cli.options import pass_settings
from sealq_audit.export import FORMATS, TEXT_FORMATS, Export, export_job
from sealq_audit.export.columns import Per
from sealq_audit.export.links import Links, signer
from sealq_audit.export.rows import Job
from sealq_audit.export.writing import Format
from sealq_audit.reasons import Language
from sealq_configs.errors import WrongUseError
from sealq_configs.settings import LoadedSettings, Settings
from sealq_storage.jobs import find_job
from sealq_storage.objects import open_objects
from sealq_storage.sql.opening import open_database
from sealq_storage.verdicts import count_verdicts

#: Hours that S3 lets a signed link live.
_LONGEST_LINK = 168


@click.command()
@click.argument("job")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: what --out ends in.")
@click.option(
    "--per", type=click.Choice(["seal", "document"]), default="seal", help="What a row is."
)
@click.option("--exceptions", is_flag=True, help="The documents that need a person, worst first.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--no-bom", is_flag=True, help="CSV without the mark by which Excel knows UTF-8.")
@click.option("--base-url", metavar="URL", help="Link to the pages of `sealq serve` there.")
@click.option(
    "--link-hours",
    type=click.IntRange(1, _LONGEST_LINK),
    help="Links into S3 that open without credentials, for so long.",
)
@click.option("--language", type=click.Choice(get_args(Language)), default="en", help="Of reasons.")
@pass_settings
def export(
    loaded: LoadedSettings,
    *,
    job: str,
    form: Format | None,
    per: Per,
    exceptions: bool,
    out: Path | None,
    no_bom: bool,
    base_url: str | None,
    link_hours: int | None,
    language: Language,
) -> None:
    """Write what was read of a job (its id, the beginning of it, or `last`) into a file.

    CSV and JSON lines go to the output where no file is named.
    """
    settings, wanted = loaded.settings, form or _form_of(out)
    if out is None and wanted not in TEXT_FORMATS:
        raise click.UsageError(f"{wanted} is no text: name a file with --out.")
    links = _links(settings, base_url, link_hours)
    with open_database(settings.database) as database, database.queries.begin() as session:
        found = Job(find_job(session, job).id, links, language)
        if exceptions:
            _require_verdicts(session, found.id)
        with _target(out) as target:
            wanted_rows: Per = "exception" if exceptions else per
            export_job(session, Export(found, wanted_rows, wanted, bom=not no_bom), target)
    if out is not None:
        click.echo(f"Wrote {out}.", err=True)


def _form_of(out: Path | None) -> Format:
    ending = out.suffix.lower().removeprefix(".") if out else ""
    return next((form for form in FORMATS if form == ending), "csv")


def _links(settings: Settings, base_url: str | None, hours: int | None) -> Links:
    objects = open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url)
    sign = signer(settings.s3_endpoint_url, hours) if hours else None
    return Links(objects, base_url, sign)


def _require_verdicts(session: Session, job_id: str) -> None:
    if not count_verdicts(session, job_id):
        raise WrongUseError(
            f"No audit has looked at job {job_id}, so nobody knows its exceptions. Run "
            f"`sealq audit {job_id}` first."
        )


@contextmanager
def _target(out: Path | None) -> Iterator[BinaryIO]:
    """Yield where to write; a file takes its name when it is whole."""
    if out is None:
        yield sys.stdout.buffer
        return
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(out)
    except OSError as exc:
        raise WrongUseError(f"{out} can't be written: {exc.strerror or exc}.") from exc
    finally:
        temporary.unlink(missing_ok=True)
