"""The sentences of a report that both its forms have."""

from __future__ import annotations

from datetime import datetime

from sealq_audit.report.figures import Figures
from sealq_audit.report.words import Words
from sealq_storage.sql.tables import DocumentState, PageState

#: Seconds of a minute, and of an hour.
_MINUTE, _HOUR = 60, 3600


def title(figures: Figures, words: Words) -> str:
    """Return what the report is of."""
    return words("title", name=figures.status.name)


def made(figures: Figures, words: Words) -> str:
    """Return how the job stands, and when this was so."""
    status = figures.status
    return words(
        "made",
        state=words(status.state),
        created=_time(status.created_at),
        made=_time(figures.made_at),
    )


def counts(figures: Figures, words: Words) -> list[tuple[str, str, str]]:
    """Return what was counted: a name, a number, and what there is to say of it."""
    return [
        (words("documents"), f"{figures.documents:,}", _documents(figures, words)),
        (words("pages"), f"{figures.pages:,}", _pages(figures, words)),
        (words("seals"), f"{figures.status.seals:,}", _others(figures, words)),
        (words("speed"), "", speed(figures, words)),
    ]


def speed(figures: Figures, words: Words) -> str:
    """Return how fast the job was."""
    rate, seconds = figures.speed.pages_per_second, figures.speed.seconds
    if rate is None or seconds is None:
        return words("no_speed")
    shown = f"{figures.speed.pages:,}"
    return words("per_second", rate=f"{rate:.2f}", pages=shown, time=_duration(seconds))


def retried(figures: Figures, words: Words) -> list[str]:
    """Return what is tried again, by itself and by hand; empty: nothing."""
    again, dead = figures.retries, figures.dead_letters
    lines = []
    if again.documents or again.pages:
        lines.append(words("by_itself", documents=again.documents, pages=again.pages))
    if dead:
        lines.append(words("by_hand", dead=dead, job=figures.status.id))
    return lines


def more(figures: Figures, words: Words) -> str:
    """Return how many exceptions are not shown; empty: all are."""
    left = figures.exception_count - len(figures.exceptions)
    return words("more", more=left, job=figures.status.id) if left else ""


def _documents(figures: Figures, words: Words) -> str:
    failed = figures.status.documents.get(DocumentState.FAILED, 0)
    return words("failed_documents", failed=failed) if failed else ""


def _pages(figures: Figures, words: Words) -> str:
    status = figures.status
    numbers = {
        "done_pages": status.pages.get(PageState.DONE, 0),
        "known_pages": status.known_pages,
        "open_pages": status.open_pages,
        "failed_pages": status.pages.get(PageState.FAILED, 0),
    }
    return ", ".join(words(name, count=f"{count:,}") for name, count in numbers.items() if count)


def _others(figures: Figures, words: Words) -> str:
    cut, marks = figures.status.cut_seals, figures.status.tax_marks
    return words("others", cut=cut, marks=marks) if cut or marks else ""


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _duration(seconds: float) -> str:
    """Return `1:02:03`, hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // _HOUR}:{whole % _HOUR // _MINUTE:02d}:{whole % _MINUTE:02d}"
