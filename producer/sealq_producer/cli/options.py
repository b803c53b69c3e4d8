"""Options that several commands share, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

import click

from sealq_configs.page_selection import parse_page_selection
from sealq_configs.parameters import parse_parameters
from sealq_configs.settings import LoadedSettings, Settings
from sealq_configs.spec import ReadingMode
from sealq_configs.text import one_line
from sealq_producer.discovery import discover
from sealq_producer.output import FORMATS
from sealq_producer.sources import Skipped, Source, WalkLimits
from sealq_producer.wishes import wanted_spec
from sealq_storage.jobs import NewJob
from sealq_storage.transport import DEFAULT_PRIORITY, LARGEST_PRIORITY

F = TypeVar("F", bound=Callable[..., Any])

pass_settings = click.make_pass_decorator(LoadedSettings)

format_option = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", help="How results are printed."
)


@dataclass(frozen=True)
class Request:
    """The options of `run` and `submit`."""

    paths: Sequence[str]
    include: Sequence[str]
    exclude: Sequence[str]
    pages: str | None
    name: str | None
    tag: Sequence[str]
    priority: int
    client_token: str | None
    preset: str | None
    set_: Sequence[str]
    dpi: int | None
    reading: ReadingMode | None

    def new_job(self, settings: Settings, device_kind: str | None = None) -> NewJob:
        """Check everything that can be checked before a job is made.

        Raises:
            WrongUseError: Names the option and what it takes.
        """
        pages = str(parse_page_selection(self.pages)) if self.pages else None
        return NewJob(
            # No database takes bytes that are no text, as a path may hold.
            name=one_line(self.name or _name_of(self.paths)),
            spec=wanted_spec(
                settings,
                parse_parameters(self.set_),
                preset=self.preset,
                dpi=self.dpi,
                reading=self.reading,
            ),
            client_token=one_line(self.client_token) if self.client_token else None,
            priority=self.priority,
            device_kind=device_kind,
            tags=dict(_tags(self.tag)),
            pages=pages,
        )

    def sources(self, settings: Settings, skipped: Skipped) -> Iterator[Source]:
        """Find the documents, as a stream.

        Raises:
            SourceNotFoundError: An argument is not there.
        """
        return discover(
            self.paths,
            include=self.include,
            exclude=self.exclude,
            s3_endpoint_url=settings.input_endpoint,
            limits=WalkLimits(settings.max_folder_files, settings.max_folder_depth),
            skipped=skipped,
        )


def request_options(command: F) -> F:
    """Add the options of `Request`, which the command takes as `**options`."""
    decorators = [
        click.argument("paths", nargs=-1, required=True, metavar="PATH..."),
        click.option(
            "--include",
            multiple=True,
            metavar="GLOB",
            help="Take only these files of folders and prefixes.",
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="GLOB",
            help="Leave out these files and folders.",
        ),
        click.option("--pages", metavar="1-3,7", help="Read only these pages of each document."),
        click.option("--name", help="Name of the job, for people."),
        click.option("--tag", multiple=True, metavar="KEY=VALUE", help="Mark the job."),
        click.option(
            "--priority",
            type=click.IntRange(0, LARGEST_PRIORITY),
            default=DEFAULT_PRIORITY,
            show_default=True,
            help="Larger is sooner.",
        ),
        click.option("--client-token", help="The same token returns the same job."),
        click.option("--preset", help="A preset's name, or a PaddleX pipeline file."),
        click.option(
            "--set",
            "set_",
            multiple=True,
            metavar="KEY=VALUE",
            help="One of PaddleX's predict parameters.",
        ),
        click.option("--dpi", type=click.IntRange(36, 1200), help="Resolution of PDF pages."),
        click.option(
            "--reading",
            type=click.Choice(get_args(ReadingMode)),
            help="stock: as PaddleX reads. careful: sealq's own way.  [default: the preset's]",
        ),
    ]
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def report_skipped(skipped: Skipped) -> None:
    """Tell what discovery passed over, with a few names."""
    for reason, count in skipped.counts.items():
        examples = ", ".join(skipped.examples[reason])
        more = ", ..." if count > len(skipped.examples[reason]) else ""
        click.echo(f"skipped {count} ({reason}): {examples}{more}", err=True)


def _name_of(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"


def _tags(assignments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not (separator and key):
            raise click.BadParameter(f"{assignment}: write it as KEY=VALUE.", param_hint="--tag")
        yield one_line(key), one_line(value)
