"""What `run`, `submit --wait` and `status` say of a job."""

from __future__ import annotations

import click

from sealq_producer.stack import Stack
from sealq_storage.sql.tables import PageState
from sealq_storage.status import JobStatus, list_failures

#: Failures told by name; `sealq results JOB --pages` has all.
SHOWN_FAILURES = 20
#: Exit code of a job some of whose documents or pages could not be read.
SOME_FAILED = 1


def summary(status: JobStatus) -> str:
    """Say in a line what came of a job."""
    done = status.pages.get(PageState.DONE, 0)
    known = f" ({status.known_pages} already known)" if status.known_pages else ""
    parts = [
        f"{_count(sum(status.documents.values()), 'document')}",
        f"{_count(done, 'page')} read{known}",
        f"{_count(status.seals, 'seal')}",
    ]
    if status.failed:
        parts.append(f"{status.failed} failed")
    return f"Job {status.id} {status.state}: {', '.join(parts)}."


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
        click.echo(f"... and {status.failed - len(failures)} more", err=True)


def exit_code(status: JobStatus) -> int:
    """Return the exit code that a finished job gives its command."""
    return SOME_FAILED if status.failed else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
