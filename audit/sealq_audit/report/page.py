"""The morning report as one HTML file that needs nothing else."""

from __future__ import annotations

from sealq_audit.extras import needs_extra
from sealq_audit.output import reason_in
from sealq_audit.report import phrases
from sealq_audit.report.figures import Figures
from sealq_audit.report.pictures import Gallery
from sealq_audit.report.words import Words
from sealq_storage.objects import ObjectStore


def html_report(figures: Figures, objects: ObjectStore, words: Words) -> str:
    """Return the report as HTML.

    Raises:
        MissingExtraError: The library that writes it is not installed.
    """
    with needs_extra("audit", "An HTML report"):
        from jinja2 import Environment, PackageLoader, StrictUndefined
    environment = Environment(
        loader=PackageLoader("sealq_audit.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    gallery = Gallery(objects)
    return environment.get_template("report.html").render(
        figures=figures,
        words=words,
        phrases=phrases,
        reason=lambda result: reason_in(result, words.language),
        pictures=gallery.pictures,
    )
