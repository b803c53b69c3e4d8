"""Builders of documents as an audit sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sealq_audit.expectations import Expectation, Party
from sealq_audit.judge import Judge
from sealq_audit.rules import load_rules
from sealq_configs.purposes import load_purposes
from sealq_storage.seen import Saying, SeenDocument, SeenPage, SeenRegion
from sealq_storage.sql.tables import DocumentState
from sealq_storage.verdicts import NewVerdict

#: Companies of the tests: two that differ in one character, and one that is like none.
HERE = "北京君和缘商贸有限公司"
THERE = "南京君和缘商贸有限公司"
OTHER = "上海华信达科技有限公司"
TAX_ID = "91110105MA01A2B3C4"

#: A score that every rule calls sure, and one that none does.
SURE, UNSURE = 0.99, 0.6


def judge() -> Judge:
    """Return a judge by sealq's own rules."""
    return Judge(load_rules(), load_purposes())


def ruled(document: SeenDocument, expectation: Expectation | None = None) -> NewVerdict:
    """Return the verdict on a document by sealq's own rules."""
    return judge().verdict(document, expectation)


def expected(*names: str, **values: Any) -> Expectation:
    """Return that these companies are expected."""
    return Expectation("*", tuple(Party(name) for name in names), **values)


def stock(
    *lines: str, score: float = SURE, number: int = 1, page: int = 1, label: str = "seal"
) -> SeenRegion:
    """Return a seal as PaddleX's own reading has it: lines alone."""
    sayings = tuple(Saying(line, score) for line in lines)
    return SeenRegion(page, number, label, None, sayings, (), f"r/region{number}.jpg")


def careful(
    owner: str | None, purpose: str | None = "", *, number: int = 1, page: int = 1, **values: Any
) -> SeenRegion:
    """Return a round seal as a careful reading has it; an empty purpose is none at all."""
    score = values.get("score", SURE)
    said = {"owner": owner, "tax_id": values.get("tax_id", ""), "purpose": purpose}
    fields = tuple(
        Saying(
            text,
            score if text else None,
            name,
            "read" if text else "unreadable",
            values.get("alternatives", ()) if name == "owner" else (),
        )
        for name, text in said.items()
        if text != ""
    )
    return SeenRegion(page, number, "seal", values.get("shape", "round"), (), fields, None)


def page(number: int = 1, *regions: SeenRegion, **values: Any) -> SeenPage:
    """Return a page that was read; without regions it is surely empty."""
    return SeenPage(
        **{
            "number": number,
            "state": "done",
            "error": None,
            "empty_score": None if regions else 0.99,
            "damage": None,
            "picture": f"r/{number}/page.jpg",
            "regions": regions,
            **values,
        }
    )


def document(*regions: SeenRegion, **values: Any) -> SeenDocument:
    """Return a document of one page with these regions, or with the pages that are given."""
    pages: Sequence[SeenPage] = values.pop("pages", (page(1, *regions),))
    return SeenDocument(
        **{
            "id": 1,
            "source": "in/invoice 7.pdf",
            "sha256": "a" * 64,
            "state": DocumentState.COUNTED,
            "error": None,
            "pages": tuple(pages),
            **values,
        }
    )
