"""After the end of a reading process: what it held is due again, what it was doing is noted."""

from __future__ import annotations

import logging
from itertools import chain

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from sealq_configs.settings import Settings
from sealq_storage.causes import FailedAttempt
from sealq_storage.documents import end_openings, give_back_documents, spare_openings
from sealq_storage.pages import doubt_attempts, end_attempts, give_back_pages, spare_attempts
from sealq_storage.sql.engine import open_engine, open_sessions
from sealq_worker.activity import Stage
from sealq_worker.watchdog import Ending

log = logging.getLogger(__name__)


def settle(settings: Settings, owner: str, end: Ending) -> bool:
    """Note in SQL how a process ended; say whether the database took it.

    Done from outside, and before a successor of its name begins: what is still held by that name is
    what the dead process left. A page read to its end, or taken over by others, is held no more.
    """
    engine = open_engine(settings.database)
    try:
        with open_sessions(engine).begin() as session:
            _note(session, owner, end, settings.max_attempts)
            give_back_pages(session, owner)
            give_back_documents(session, owner)
    except OperationalError as exc:
        log.warning("%s: what it held can't be given back yet: %s", owner, str(exc.orig).strip())
        return False
    finally:
        engine.dispose()
    return True


def _note(session: Session, owner: str, end: Ending, max_attempts: int) -> None:
    """Count the attempt against what ended the process, if that is known; against nothing else."""
    documents = list(chain.from_iterable(work.documents for work in end.works))
    # Dead between two stages: any page in hand may be why.
    blamed = list(chain.from_iterable(work.pages for work in end.works)) or list(end.held)
    if end.cause is None:
        blamed = []
        spare_openings(session, documents, owner)
    else:
        failed = FailedAttempt(end.cause, end.reason, max_attempts)
        known = len(blamed) <= 1 or [work.stage for work in end.works] == [Stage.OPEN]
        note = end_attempts if known else doubt_attempts
        note(session, blamed, owner, failed)
        end_openings(session, documents, owner, failed)
    works = chain.from_iterable(work.pages for work in end.works)
    spare_attempts(session, list({*works, *end.held}.difference(blamed)), owner)
    spare_openings(session, list(set(end.held_documents).difference(documents)), owner)
