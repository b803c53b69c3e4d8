"""Which seals say a text: all that a seal says lies in one row, indexed by its trigrams.

Names are written in many ways: full and half width, capitals, spaces between the characters. Both
what seals say and what is asked for are brought to one form, and compared in that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    Text,
    cast,
    column,
    func,
    insert,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from sealq_storage.sql.search_tables import SQLITE_INDEX, SQLITE_TRIGRAMS, SealText
from sealq_storage.sql.tables import Field, Page, Region

#: Characters that the index knows by their place beside each other.
TRIGRAM = 3
#: Stands behind each text of a seal: no text goes on in the next, and its last two characters, and
#: the very last, begin a trigram too.
_END = "\n" * (TRIGRAM - 1)
#: Up to so many seals are named to the database one by one; where more say a text, looking at each
#: region of a job costs less than finding all of them first.
_FEW = 1000
#: Sorts behind all trigrams with the same beginning.
_LAST = "\U0010ffff"


def searchable(text: str) -> str:
    """Return a text in the form in which texts are compared.

    Wide and narrow forms, capitals and small letters are alike; spaces do not count.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isprintable() and not char.isspace())


def searched_form(texts: Iterable[str]) -> str:
    """Return all that a seal says as `SealText` holds it; empty where it says nothing."""
    # A field says what a line says too: once is enough.
    each = dict.fromkeys(filter(None, map(searchable, texts)))
    return "".join(text + _END for text in each)


def index_texts(session: Session, of_region: Mapping[int, Iterable[str]]) -> None:
    """Let these new regions be found by these texts of theirs."""
    forms = {region_id: searched_form(texts) for region_id, texts in of_region.items()}
    rows = [{"region_id": region_id, "text": form} for region_id, form in forms.items() if form]
    if rows:
        session.execute(insert(SealText), rows)


@dataclass(frozen=True)
class Within:
    """Among which regions is searched; all of them by default."""

    #: Those on pages of this job.
    job_id: str | None = None
    #: Those with a field of this name: `readings.FieldName`.
    field: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a `SealText` of these regions fulfils."""
        held: list[ColumnElement[bool]] = []
        if self.job_id is not None:
            of_job = select(Page.id).join(Region, Region.reading_id == Page.reading_id)
            of_job = of_job.where(Region.id == SealText.region_id, Page.job_id == self.job_id)
            held.append(of_job.exists())
        if self.field is not None:
            named = select(Field.id).where(Field.region_id == SealText.region_id)
            held.append(named.where(Field.name == self.field).exists())
        return held


_ALL = Within()


def find_regions(session: Session, text: str, limit: int, within: Within = _ALL) -> list[int]:
    """Return the ids of regions that say a text, in part of a line or a field.

    Args:
        session: Where they are.
        text: In any form; one character is enough.
        limit: Most ids that are returned; which, where there are more, is left open.
        within: Among which.
    """
    wanted = searchable(text)
    if not wanted:
        return []
    query = _candidates(session, wanted).where(_contains(wanted), *within.conditions())
    return list(session.scalars(query.limit(limit)))


def says(session: Session, text: str) -> ColumnElement[bool]:
    """Return the condition that a `Region` says a text; the index serves it where it can.

    Args:
        session: Where the condition will be used: it is asked how many say it.
        text: In any form; without a character all regions fulfil it.
    """
    wanted = searchable(text)
    if not wanted:
        return true()
    few = find_regions(session, wanted, _FEW + 1)
    if len(few) <= _FEW:
        return Region.id.in_(few)
    return (
        select(SealText.region_id)
        .where(SealText.region_id == Region.id, _contains(wanted))
        .exists()
    )


def _contains(wanted: str) -> ColumnElement[bool]:
    """Return the condition that a row says it: what the index finds has its trigrams, no more."""
    return SealText.text.contains(wanted, autoescape=True)


def _candidates(session: Session, wanted: str) -> Select[int]:
    if session.get_bind().dialect.name == "postgresql":
        return select(SealText.region_id).where(_has_trigrams(wanted))
    # A join and no subquery: the rows then come one by one, and a limit ends the search.
    found = _known_to_sqlite(wanted)
    return select(found.c.region_id).join(SealText, SealText.region_id == found.c.region_id)


def _has_trigrams(wanted: str) -> ColumnElement[bool]:
    trigrams = func.sealq_trigrams(SealText.text, type_=TSVECTOR)
    # As a literal of PostgreSQL's own: its parser of words would take Chinese apart.
    each = [f"'{_doubled(_doubled(part, chr(39)), chr(92))}'" for part in _parts(wanted)]
    query = " & ".join(each) if len(wanted) >= TRIGRAM else f"{each[0]}:*"
    return trigrams.bool_op("@@")(cast(query, TSQUERY))


def _known_to_sqlite(wanted: str) -> Subquery:
    if len(wanted) >= TRIGRAM:
        match = " AND ".join(f'"{_doubled(part, chr(34))}"' for part in _parts(wanted))
        index = table(SQLITE_INDEX, column("rowid", BigInteger), column(SQLITE_INDEX, Text))
        found = select(index.c.rowid.label("region_id"))
        return found.where(index.c[SQLITE_INDEX].op("MATCH")(match)).subquery()
    index = table(SQLITE_TRIGRAMS, column("term", Text), column("doc", BigInteger))
    found = select(index.c.doc.label("region_id")).distinct()
    return found.where(index.c.term.between(wanted, wanted + _LAST)).subquery()


def _parts(wanted: str) -> Sequence[str]:
    """Return the trigrams of a text, or the text where it is shorter than one."""
    places = range(max(1, len(wanted) - TRIGRAM + 1))
    return list(dict.fromkeys(wanted[place : place + TRIGRAM] for place in places))


def _doubled(text: str, quote: str) -> str:
    return text.replace(quote, 2 * quote)
