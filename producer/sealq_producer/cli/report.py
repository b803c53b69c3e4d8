"""What `run`, `submit --wait` and `status` say of a job."""

from __future__ import annotations

import click

from sealq_configs.terminal import count_of
from sealq_producer.stack import Stack
from sealq_storage.sql.tables import DocumentState, PageState
from sealq_storage.status import JobStatus, list_failures

#: Failures told by name; `sealq status JOB --format json` has all.
SHOWN_FAILURES = 20
#: Exit code of a job some of whose documents or pages were not read.
SOME_FAILED = 1


def summary(status: JobStatus) -> str:
    """Say in a line what came of a job."""
    done = status.pages.get(PageState.DONE, 0)
    known = f" ({status.known_pages} already known)" if status.known_pages else ""
    parts = [
        count_of(sum(status.documents.values()), "document"),
        f"{count_of(done, 'page')} read{known}",
        count_of(status.seals, "seal"),
    ]
    # No seals of that count: they were not read.
    others = ((status.cut_seals, "cut seal"), (status.tax_marks, "tax mark"))
    parts += [count_of(number, noun) for number, noun in others if number]
    if status.failed:
        parts.append(f"not read: {_failed(status)}")
    return f"Job {status.id} {status.state}: {', '.join(parts)}."


def _failed(status: JobStatus) -> str:
    documents = status.documents.get(DocumentState.FAILED, 0)
    pages = status.pages.get(PageState.FAILED, 0)
    counts = ((documents, "document"), (pages, "page"))
    return " and ".join(count_of(number, noun) for number, noun in counts if number)


def show_failures(stack: Stack, status: JobStatus) -> None:
    """Tell on stderr what could not be read and why."""
    if not status.failed:
        return
    with stack.queries.begin() as session:
        failures = list_failures(session, status.id, limit=SHOWN_FAILURES)
    for failure in failures:
        where = failure.source if failure.page is None else f"{failure.source} page {failure.page}"
        click.echo(f"not read: {where}: {failure.code}: {failure.error}", err=True)
    if status.failed > len(failures):
        more = status.failed - len(failures)
        click.echo(f"... and {more} more: sealq status {status.id} --format json", err=True)


def exit_code(status: JobStatus) -> int:
    """Return the exit code that a finished job gives its command."""
    return SOME_FAILED if status.failed or status.state == "cancelled" else 0
