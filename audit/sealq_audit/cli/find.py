"""`sealq find`: seals by what they say, and by how they look."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from sealq_audit.find import CANDIDATES, Wanted, find_seals
from sealq_audit.impressions import parse_target, pasted, same_impressions
from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import standard_output, write_table
from sealq_storage.jobs import find_job
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.readings import FieldName
from sealq_storage.seals import SealPlace
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.opening import open_database

Record = Mapping[str, Any]

pass_settings = click.make_pass_decorator(LoadedSettings)


@click.command()
@click.argument("text", required=False)
@click.option("--any", "field", flag_value="", default=True, help="In all that seals say. Default.")
@click.option("--owner", "field", flag_value="owner", help="In owners' names.")
@click.option("--purpose", "field", flag_value="purpose", help="In purposes, such as 发票专用章.")
@click.option("--tax-id", "field", flag_value="tax_id", help="In tax ids.")
@click.option("--same-as", metavar="DOCUMENT[:PAGE[:SEAL]]", help="Seals that look like this one.")
@click.option("--pasted", "only_pasted", is_flag=True, help="Pictures of seals in several files.")
@click.option("--job", metavar="JOB", help="Only in this job.  [default: in all]")
@click.option("--fuzzy/--exact", default=True, help="Allow wrong characters.  [default: --fuzzy]")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Most rows.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "jsonl"]),
    default="table",
    help="How they are printed.",
)
@pass_settings
def find(
    loaded: LoadedSettings,
    *,
    text: str | None,
    field: FieldName | None,
    same_as: str | None,
    only_pasted: bool,
    job: str | None,
    fuzzy: bool,
    limit: int,
    form: str,
) -> None:
    """Find seals that say TEXT, or the same impression on several documents.

    What fits best comes first. In all jobs, unless --job names one.
    """
    if (text is not None) + (same_as is not None) + only_pasted != 1:
        raise click.UsageError("Give one of TEXT, --same-as and --pasted.")
    settings = loaded.settings
    objects = open_objects(settings.objects, s3_endpoint_url=settings.s3_endpoint_url)
    with open_database(settings.database) as database:
        job_id = _job_id(database.queries, job)
        if text is not None:
            wanted = Wanted(text, field or None, job_id, fuzzy=fuzzy, limit=limit)
            records = _by_text(database.queries, wanted, objects)
        elif same_as is not None:
            records = _by_look(database.queries, same_as, job_id, objects)
        else:
            records = _pasted(database.queries, job_id, objects)
        _write(list(zip(range(limit), records, strict=False)), form)


def _job_id(queries: Sessions, job: str | None) -> str | None:
    with queries.begin() as session:
        return find_job(session, job).id if job else None


def _by_text(queries: Sessions, wanted: Wanted, objects: ObjectStore) -> Iterator[Record]:
    with queries.begin() as session:
        found = find_seals(session, wanted)
    if not found.complete:
        click.echo(
            f"More than {CANDIDATES} seals say it; these are the best of so many. Write more of "
            "it, or name a job.",
            err=True,
        )
    if not found.matches and wanted.field:
        click.echo(
            "Only careful readings tell owners, purposes and tax ids apart; without the option, "
            "all that seals say is searched.",
            err=True,
        )
    for match in found.matches:
        yield {
            "score": round(match.score, 2),
            "document": match.place.document,
            "page": match.place.page,
            "seal": match.place.seal,
            "field": match.said.name or "line",
            "text": match.said.text,
            **_rest(match.place, objects),
        }


def _by_look(
    queries: Sessions, written: str, job_id: str | None, objects: ObjectStore
) -> Iterator[Record]:
    with queries.begin() as session:
        found = same_impressions(session, parse_target(written), job_id)
    for same in found:
        yield {
            "impression": "identical" if same.identical else "alike",
            "differs": same.distance,
            "document": same.place.document,
            "page": same.place.page,
            "seal": same.place.seal,
            "like": f"page {same.like.page} seal {same.like.seal}",
            **_rest(same.place, objects),
        }


def _pasted(queries: Sessions, job_id: str | None, objects: ObjectStore) -> Iterator[Record]:
    with queries.begin() as session:
        for number, places in enumerate(pasted(session, job_id), start=1):
            for place in places:
                yield {
                    "group": number,
                    "document": place.document,
                    "page": place.page,
                    "seal": place.seal,
                    **_rest(place, objects),
                }


def _rest(place: SealPlace, objects: ObjectStore) -> Record:
    picture = objects.locate(place.picture) if place.picture else None
    return {"job": place.job_id, "picture": picture}


def _write(numbered: Iterable[tuple[int, Record]], form: str) -> None:
    records = [record for _, record in numbered]
    out = standard_output()
    if form == "table":
        write_table(map(_cells, records), out, "No seals.")
    elif form == "json":
        out.write(json.dumps(records, ensure_ascii=False, indent=1) + "\n")
    else:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _cells(record: Record) -> Mapping[str, str]:
    return {name: "" if value is None else str(value) for name, value in record.items()}
