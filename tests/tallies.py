"""What triggers count, and what there is to be counted."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from sealq_storage.sql.tables import Document, Job, Page, PageState, Reading, Region, Tally

#: Numbers by job, kind, and state or label.
Tallies = dict[tuple[str, str, str], int]


def kept_tallies(session: Session) -> Tallies:
    """Return what the tallies say, less what is zero."""
    kept: Counter[tuple[str, str, str]] = Counter()
    for tally in session.scalars(select(Tally)):
        kept[tally.job_id, tally.what, tally.name] += tally.count
    return {key: count for key, count in kept.items() if count}


def true_tallies(session: Session) -> Tallies:
    """Count the rows."""
    done = Page.state == PageState.DONE
    known = Reading.created_at < Job.created_at
    counts = union_all(
        *(
            select(table.job_id, literal(what), table.state, func.count()).group_by(
                table.job_id, table.state
            )
            for table, what in ((Document, "document"), (Page, "page"))
        ),
        select(Page.job_id, literal("region"), Region.label, func.count())
        .join(Region, Region.reading_id == Page.reading_id)
        .where(done)
        .group_by(Page.job_id, Region.label),
        select(Page.job_id, literal("known"), literal(""), func.count())
        .join(Reading, Reading.id == Page.reading_id)
        .join(Job, Job.id == Page.job_id)
        .where(done, known)
        .group_by(Page.job_id),
    )
    return {(job_id, what, name): count for job_id, what, name, count in session.execute(counts)}
