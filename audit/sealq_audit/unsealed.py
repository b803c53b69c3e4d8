"""Documents that were not wholly read, or on which no seal was found."""

from __future__ import annotations

from sealq_audit.needs import Need
from sealq_audit.rulings import Ruling, review, ruling
from sealq_storage.seen import SeenDocument, SeenPage
from sealq_storage.sql.tables import DocumentState, PageState
from sealq_storage.verdicts import Evidence, Verdict

#: Codes of the sentences about documents and pages that did not come to an end.
_DOCUMENT_CODES = {
    DocumentState.LISTED: "document_due",
    DocumentState.FAILED: "document_failed",
    DocumentState.CANCELLED: "document_cancelled",
}
_PAGE_CODES = {
    PageState.DUE: "page_due",
    PageState.CLAIMED: "page_due",
    PageState.FAILED: "page_failed",
    PageState.CANCELLED: "page_cancelled",
}


def not_read(document: SeenDocument) -> Ruling | None:
    """Return that a person has to look at what was not read; None: all was."""
    if code := _DOCUMENT_CODES.get(document.state):
        return review(code, error=_reason(document.error))
    for page in document.pages:
        if code := _PAGE_CODES.get(PageState(page.state)):
            return review(code, [_seen(page)], page=page.number, error=_reason(page.error))
    return None if document.pages else review("no_pages")


def without_seal(document: SeenDocument, need: Need, empty_page: float) -> Ruling:
    """Rule on a document that was wholly read, and on which no seal was found.

    Args:
        document: The document.
        need: What it needs; a seal at that, perhaps.
        empty_page: Least score of a page that is surely empty.
    """
    cut = next(document.labelled("cut_seal"), None)
    if cut:
        seen = Evidence(page=cut.page, region=cut.number, field="cut_seal", picture=cut.picture)
        return review("cut_seal_only", [seen], page=cut.page)
    # The least sure page first: it is what a person should look at.
    pages = sorted(document.pages, key=lambda page: (page.damage is None, page.empty_score or 0.0))
    first, seen_pages = pages[0], [_seen(page) for page in pages]
    if first.damage:
        return review("damaged_page", seen_pages, page=first.number, damage=_reason(first.damage))
    if first.empty_score is None:
        return review("no_second_look", seen_pages, page=first.number)
    if first.empty_score < empty_page:
        score = f"{first.empty_score:.2f}"
        return review("doubtful_page", seen_pages, page=first.number, score=score)
    if need.seal == "undecided":
        return review("nobody_says", seen_pages)
    return ruling(Verdict.MISSING, "missing", seen_pages, pages=len(document.pages))


def _seen(page: SeenPage) -> Evidence:
    return Evidence(
        page=page.number,
        field="page",
        score=page.empty_score,
        text=page.damage,
        picture=page.picture,
    )


def _reason(text: str | None) -> str:
    """Return a message as a part of a sentence."""
    return (text or "nobody knows why").rstrip(". ")
