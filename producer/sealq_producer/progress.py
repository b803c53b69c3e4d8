"""Wait for a job and show how it goes; silent when nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sealq_producer.stack import Stack
from sealq_storage.status import JobStatus, job_status

#: Seconds between two looks at a job.
POLL_SECONDS = 0.3
#: Seconds in a minute and in an hour.
MINUTE, HOUR = 60, 3600

#: Called with the state of the job at each look.
Show = Callable[[str, int, int], None]


@contextmanager
def progress() -> Iterator[Show]:
    """Give a function that shows a text and a bar (done, total) on a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield _show_nothing
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None)

        def show(text: str, done: int, total: int) -> None:
            bars.update(task, description=text, completed=done, total=total or None)

        yield show


def _show_nothing(text: str, done: int, total: int) -> None:
    """Nobody watches."""
    del text, done, total


def show_documents(show: Show) -> Callable[[int], None]:
    """Return what a submit reports to, number by number of documents."""
    return lambda documents: show(f"{documents} documents", 0, 0)


def wait_for(
    stack: Stack, job_id: str, show: Show, check: Callable[[], None] = lambda: None
) -> JobStatus:
    """Wait until a job is done or cancelled; return how it stands then.

    Args:
        stack: Where the job is.
        job_id: The job.
        show: Told of the progress.
        check: Called at each look; raises when waiting makes no sense any more.
    """
    while True:
        with stack.queries.begin() as session:
            status = job_status(session, job_id)
        total = sum(status.pages.values())
        show(describe(status), total - status.open_pages, total)
        if status.finished:
            return status
        check()
        time.sleep(POLL_SECONDS)


def describe(status: JobStatus) -> str:
    """Say in a line how a running job goes."""
    total = sum(status.pages.values())
    parts = [f"{total - status.open_pages}/{total} pages", f"{status.seals} seals"]
    if status.open_documents:
        parts.append(f"{status.open_documents} documents to open")
    if status.failed:
        parts.append(f"{status.failed} failed")
    if status.pace is not None:
        parts.append(f"{status.pace:.1f} pages/s")
    if status.seconds_left is not None and status.open_pages:
        parts.append(f"about {duration(status.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Write seconds for people: `45 s`, `12 min`, `3 h 20 min`."""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
