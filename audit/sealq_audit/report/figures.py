"""What the morning report says, whatever it is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy.orm import Session

from sealq_storage.job_figures import (
    FailureCause,
    Retries,
    Speed,
    failure_causes,
    job_speed,
    retries,
)
from sealq_storage.status import JobStatus, job_status
from sealq_storage.verdicts import Verdict, VerdictResult, count_verdicts, stream_verdicts


@dataclass(frozen=True)
class Figures:
    """All that a report says of a job.

    Attributes:
        status: How the job stands.
        speed: How fast its pages were read.
        verdicts: Documents by verdict, those that need a person first; empty: no audit yet.
        exceptions: The first documents that need a person.
        causes: Why documents and pages failed.
        retries: What is tried again without anybody's doing.
        made_at: When this was so.
    """

    status: JobStatus
    speed: Speed
    verdicts: Mapping[Verdict, int]
    exceptions: Sequence[VerdictResult]
    causes: Sequence[FailureCause]
    retries: Retries
    made_at: datetime

    @property
    def documents(self) -> int:
        """Documents of the job."""
        return sum(self.status.documents.values())

    @property
    def pages(self) -> int:
        """Pages of the job, as far as they are counted."""
        return sum(self.status.pages.values())

    @property
    def exception_count(self) -> int:
        """Documents that need a person, those that are not shown too."""
        return sum(count for verdict, count in self.verdicts.items() if verdict is not Verdict.OK)

    @property
    def dead_letters(self) -> int:
        """Documents and pages that are tried again only where a person says so."""
        return sum(cause.documents + cause.pages for cause in self.causes if cause.dead_letter)


def gather(session: Session, job_id: str, shown: int) -> Figures:
    """Collect what the report of a job says.

    Args:
        session: Where it is.
        job_id: Of which job.
        shown: Exceptions that are shown at most.
    """
    wanted = [verdict for verdict in Verdict if verdict is not Verdict.OK]
    return Figures(
        status=job_status(session, job_id),
        speed=job_speed(session, job_id),
        verdicts=count_verdicts(session, job_id),
        exceptions=list(islice(stream_verdicts(session, job_id, wanted), shown)),
        causes=failure_causes(session, job_id),
        retries=retries(session, job_id),
        made_at=datetime.now(UTC),
    )
