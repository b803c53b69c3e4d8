"""Wait for a job and show how it goes; silent when nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sealq_configs.terminal import count_of
from sealq_producer.stack import Stack
from sealq_storage.status import JobStatus, job_status

#: Seconds between two looks at a job.
POLL_SECONDS = 0.3
#: Seconds in a minute and in an hour.
MINUTE, HOUR = 60, 3600

#: Columns of the bar: text of a usual length stands beside it in 80.
BAR_WIDTH = 16

#: Called with the state of the job at each look.
Show = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Beginning:
    """What a job waits for while nothing has come of it yet."""

    #: Before the first document was opened.
    first_document: str
    #: After that, before the first page was read.
    first_page: str


#: With workers that somebody else runs.
WAITING = Beginning("waiting for a worker", "waiting for the first page")


@contextmanager
def progress() -> Iterator[Show]:
    """Give a function that shows a text and a bar (done, total) on a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield _show_nothing
        return
    bar = (SpinnerColumn(), BarColumn(bar_width=BAR_WIDTH), TimeElapsedColumn())
    text = TextColumn("{task.description}")
    with Progress(*bar, text, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None)

        def show(text: str, done: int, total: int) -> None:
            bars.update(task, description=text, completed=done, total=total or None)

        yield show


def _show_nothing(text: str, done: int, total: int) -> None:
    """Nobody watches."""
    del text, done, total


def show_documents(show: Show) -> Callable[[int], None]:
    """Return what a submit reports to, number by number of documents."""
    return lambda documents: show(f"{count_of(documents, 'document')} submitted", 0, 0)


def wait_for(
    stack: Stack,
    job_id: str,
    show: Show,
    *,
    check: Callable[[], None] = lambda: None,
    beginning: Beginning = WAITING,
) -> JobStatus:
    """Wait until a job is done or cancelled; return how it stands then.

    Args:
        stack: Where the job is.
        job_id: The job.
        show: Told of the progress.
        check: Called at each look; raises when waiting makes no sense any more.
        beginning: What is said first.
    """
    while True:
        with stack.queries.begin() as session:
            status = job_status(session, job_id)
        total = sum(status.pages.values())
        show(_beginning(status, beginning) + describe(status), total - status.open_pages, total)
        if status.finished:
            return status
        check()
        time.sleep(POLL_SECONDS)


def _beginning(status: JobStatus, beginning: Beginning) -> str:
    total = sum(status.pages.values())
    if status.finished or total > status.open_pages:
        return ""
    return f"{beginning.first_page if total else beginning.first_document}: "


def describe(status: JobStatus) -> str:
    """Say in a line how a job goes."""
    total = sum(status.pages.values())
    parts = [f"{total - status.open_pages}/{total} pages"] if total else []
    if status.open_documents:
        parts.append(f"{count_of(status.open_documents, 'document')} to open")
    if status.seals:
        parts.append(count_of(status.seals, "seal"))
    if status.failed:
        parts.append(f"{status.failed} failed")
    if status.pace is not None and status.open_pages:
        parts.append(f"{status.pace:.1f} pages/s")
    if status.seconds_left is not None and status.open_pages:
        parts.append(f"about {duration(status.seconds_left)} left")
    return ", ".join(parts) or "no documents"


def duration(seconds: float) -> str:
    """Write seconds for people: `45 s`, `12 min`, `3 h 20 min`."""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
