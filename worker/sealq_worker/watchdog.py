"""When a reading process has to be ended from outside, and what its end says of its work."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from sealq_configs.settings import Settings
from sealq_storage.causes import Cause
from sealq_worker.activity import Activity, Stage, Work

#: Share of its memory at which a reading process is replaced between two messages.
RECYCLE_SHARE = 0.75
#: Seconds that loading a pipeline may take: models may have to be fetched first.
LOAD_SECONDS = 1800
#: Seconds until a process that was started can take work: imports on a slow disk.
START_SECONDS = 300


@dataclass(frozen=True)
class Ending:
    """How a reading process ended."""

    #: What it did to the work in hand; None: it is not the work's fault, and counts for nothing.
    cause: Cause | None
    #: A sentence for the log and the dead letters.
    reason: str
    #: What was done: one work is to blame, of several nobody knows which.
    works: tuple[Work, ...] = ()
    #: Ids of pages whose attempt was counted, those in `works` among them.
    held: tuple[int, ...] = ()
    #: Likewise, of documents.
    held_documents: tuple[int, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What a reading process may use."""

    memory_bytes: int
    heartbeat_seconds: float
    #: Seconds that each kind of work may take, and the setting that says so.
    stages: Mapping[Stage, tuple[float, str]]

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits in the settings, whose `worker_memory_mb` is set."""
        page = (settings.page_seconds, "SEALQ_PAGE_SECONDS")
        document = (settings.document_seconds, "SEALQ_DOCUMENT_SECONDS")
        # Longer than a lease it is somebody else's page.
        lease = (settings.lease_seconds, "SEALQ_LEASE_SECONDS")
        return cls(
            memory_bytes=(settings.worker_memory_mb or 0) << 20,
            heartbeat_seconds=settings.heartbeat_seconds,
            stages={
                Stage.LOAD: (LOAD_SECONDS, "no setting"),
                Stage.COUNT: document,
                Stage.OPEN: document,
                Stage.PREPARE: page,
                Stage.READ: page,
                Stage.SAVE: lease,
            },
        )

    def judge(self, activity: Activity, memory_bytes: int, now: float) -> Ending | None:
        """Say why a process must end now, if it must.

        Args:
            activity: What it said last.
            memory_bytes: What it uses.
            now: Seconds of the monotonic clock.
        """
        if 0 < self.memory_bytes < memory_bytes:
            used, allowed = memory_bytes >> 20, self.memory_bytes >> 20
            limit = f"the limit is {allowed} (SEALQ_WORKER_MEMORY_MB)"
            reason = f"The reading process used {used} MiB of memory; {limit}."
            return Ending(
                Cause.OUT_OF_MEMORY, reason, activity.busy, activity.held, activity.held_documents
            )
        return self._too_slow(activity, now) or self._silent(activity, now)

    def _too_slow(self, activity: Activity, now: float) -> Ending | None:
        for work in activity.works:
            seconds, setting = self.stages.get(work.stage, (now, ""))
            if now - work.since > seconds:
                reason = f"It took longer than {seconds:.0f} s to {_DOING[work.stage]} ({setting})."
                # It may have waited for another that held Python's lock.
                works = activity.busy or (work,)
                return Ending(
                    Cause.TIMED_OUT, reason, works, activity.held, activity.held_documents
                )
        return None

    def _silent(self, activity: Activity, now: float) -> Ending | None:
        limited = any(work.stage in self.stages for work in activity.works)
        silence = now - activity.said_at
        if limited or silence <= self.heartbeat_seconds:
            return None
        reason = f"The process gave no sign of life for {silence:.0f} s (SEALQ_HEARTBEAT_SECONDS)."
        return Ending(None, reason, activity.busy, activity.held, activity.held_documents)


#: Stages as they stand in a sentence.
_DOING = {
    Stage.LOAD: "load the pipeline",
    Stage.COUNT: "fetch and open the document",
    Stage.OPEN: "fetch and open the document",
    Stage.PREPARE: "render the page",
    Stage.READ: "read the page",
    Stage.SAVE: "save the reading",
}


def crash(code: int, activity: Activity | None) -> Ending:
    """Return what an end that nobody ordered says."""
    stages = sorted({work.stage for work in activity.works}) if activity else []
    doing = " and ".join(_DOING[stage] for stage in stages if stage in _DOING)
    while_ = f" when it had to {doing}" if doing else ""
    reason = f"The reading process ended ({ending(code)}){while_}."
    if activity is None:
        return Ending(Cause.CRASHED, reason)
    return Ending(Cause.CRASHED, reason, activity.busy, activity.held, activity.held_documents)


def ending(code: int) -> str:
    """Say how a process ended: by a signal, or by itself."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def worn_out(settings: Settings, pages_read: int, memory_bytes: int) -> str | None:
    """Say why a process should be replaced between two messages, if it should.

    What it works with only ever takes more memory: better now than in the middle of a page.
    """
    if 0 < settings.worker_pages <= pages_read:
        return f"{pages_read} pages read"
    used, allowed = memory_bytes >> 20, settings.worker_memory_mb
    if allowed and used > allowed * RECYCLE_SHARE:
        return f"{used} MiB of {allowed} in use"
    return None
