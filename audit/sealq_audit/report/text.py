"""The morning report as text, for mails and terminals."""

from __future__ import annotations

from collections.abc import Iterator

from sealq_audit.output import reason_in
from sealq_audit.report import phrases
from sealq_audit.report.figures import Figures
from sealq_audit.report.words import Words


def text_report(figures: Figures, words: Words) -> str:
    """Return the report as lines of text."""
    return "".join(f"{line}\n" for line in _lines(figures, words))


def _lines(figures: Figures, words: Words) -> Iterator[str]:
    yield phrases.title(figures, words)
    yield phrases.made(figures, words)
    for name, number, remark in phrases.counts(figures, words):
        yield f"  {name}: " + "; ".join(filter(None, (number, remark)))
    yield from ("", words("verdicts"), *_verdicts(figures, words))
    yield from ("", words("exceptions"), *_exceptions(figures, words))
    yield from ("", words("failures"), *_failures(figures, words))
    if lines := phrases.retried(figures, words):
        yield from ("", words("retried"), *(f"  {line}" for line in lines))


def _verdicts(figures: Figures, words: Words) -> Iterator[str]:
    if not figures.verdicts:
        yield "  " + words("no_audit", job=figures.status.id)
    for verdict, count in figures.verdicts.items():
        yield f"  {count:>7,}  {words(verdict.value)}"


def _exceptions(figures: Figures, words: Words) -> Iterator[str]:
    if not figures.exceptions:
        yield "  " + words("nothing")
    for result in figures.exceptions:
        yield f"  {words(result.verdict.value)}: {result.document}"
        yield f"    {reason_in(result, words.language)}"
    if left := phrases.more(figures, words):
        yield f"  {left}"


def _failures(figures: Figures, words: Words) -> Iterator[str]:
    if not figures.causes:
        yield "  " + words("no_failures")
    for cause in figures.causes:
        counted = (f"{words('documents')}: {cause.documents}", f"{words('pages')}: {cause.pages}")
        yield f"  {cause.code}: {', '.join(counted)}. {words('example')}: {cause.example}"
