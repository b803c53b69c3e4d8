"""A device and the process that serves it: started, watched, its end settled before the next."""

from __future__ import annotations

import logging
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from sealq_configs.errors import StackUnreachableError
from sealq_configs.processes import spawn
from sealq_configs.settings import Settings
from sealq_worker.activity import (
    ACTIVITY_VARIABLE,
    Activity,
    make_activity_file,
    read_activity,
)
from sealq_worker.aftermath import settle
from sealq_worker.devices import Device
from sealq_worker.watchdog import START_SECONDS, Ending, Limits, crash, ending

log = logging.getLogger(__name__)

#: Seconds before a worker that died is started again: doubled each time, up to the last.
FIRST_BACKOFF = 1.0
LAST_BACKOFF = 60.0
#: A worker that lived so many seconds was well: its next death counts as the first.
HEALTHY_SECONDS = 60.0


class Slot:
    """Keeps one process running; `tend` has to be called again and again."""

    def __init__(
        self,
        device: Device,
        name: str,
        settings: Settings,
        command: Sequence[str],
        activity_file: Path,
    ) -> None:
        """Prepare; the first `tend` starts the process.

        Args:
            device: What it serves.
            name: Holder of its leases.
            settings: What it works with, its memory limit among them.
            command: What is started.
            activity_file: Where it says what it does.
        """
        self._device = device
        self._name = name
        self._settings = settings
        self._command = command
        self._file = activity_file
        self._environment = _environment(device, name, settings, activity_file)
        self._limits = Limits.of(settings)
        self._process: subprocess.Popen[bytes] | None = None
        #: What the running process said last; None: it takes no work yet.
        self._activity: Activity | None = None
        #: Why it was killed from here.
        self._verdict: Ending | None = None
        #: How the last process ended, while the database does not know.
        self._unsettled: Ending | None = None
        self._deaths = 0
        self._started_at = 0.0
        self._start_after = time.monotonic()

    def tend(self) -> bool:
        """Start, watch or bury the process; False: it can never work here."""
        if self._process is not None:
            code = self._process.poll()
            self._look()
            return self._after(code) if code is not None else True
        if time.monotonic() >= self._start_after and self._settle():
            self._start()
        return True

    def is_running(self) -> bool:
        """Say whether there is a process that has not ended."""
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> None:
        """Tell the process to finish what it has in hand."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End the process at once; what it has in hand is not to blame."""
        self._look()
        if self._process is not None and self._verdict is None:
            said = self._activity or Activity(0.0, 0, ())
            self._verdict = Ending(
                None, "It was told to stop.", said.busy, said.held, said.held_documents
            )
            self._process.kill()

    def leave(self) -> None:
        """Tell the database what the process left, if it answers; else its leases end."""
        if self._process is not None:
            self._look()
            self._after(self._process.wait())
        self._settle()

    def _start(self) -> None:
        log.info("starting the worker on %s", self._device)
        make_activity_file(self._file)
        self._activity = self._verdict = None
        self._process = spawn(self._command, environment=self._environment)
        self._started_at = time.monotonic()

    def _look(self) -> None:
        """Take in what the process says, and end it where it must end."""
        self._activity = read_activity(self._file) or self._activity
        if self._process is None or self._process.poll() is not None or self._verdict:
            return
        now = time.monotonic()
        if self._activity is not None:
            memory = psutil.Process(self._process.pid).memory_info().rss
            self._verdict = self._limits.judge(self._activity, memory, now)
        elif now - self._started_at > START_SECONDS:
            self._verdict = Ending(None, f"The process was not up within {START_SECONDS} s.")
        if self._verdict is not None:
            log.error("the worker on %s is ended: %s", self._device, self._verdict.reason)
            self._process.kill()

    def _after(self, code: int) -> bool:
        """Think about how the process ended."""
        self._process = None
        if self._activity is None and code == StackUnreachableError.exit_code:
            log.error("the worker on %s can't work; it said why above", self._device)
            return False
        if self._activity is not None and code != 0:
            self._unsettled = self._verdict or crash(code, self._activity)
        if code == 0:
            self._deaths = 0
        else:
            self._back_off(code)
        return True

    def _back_off(self, code: int) -> None:
        lived = time.monotonic() - self._started_at
        # A page that ends the process now and then is no reason to make its neighbours wait.
        well = lived > HEALTHY_SECONDS or (self._activity is not None and self._activity.saved > 0)
        self._deaths = 1 if well else self._deaths + 1
        wait = min(FIRST_BACKOFF * 2 ** (self._deaths - 1), LAST_BACKOFF)
        self._start_after = time.monotonic() + wait
        log.error("the worker on %s ended (%s); again in %.0f s", self._device, ending(code), wait)

    def _settle(self) -> bool:
        """Tell the database about the last process; until it knows, no other may begin."""
        if self._unsettled and settle(self._settings, self._name, self._unsettled):
            self._unsettled = None
        if self._unsettled:
            self._start_after = time.monotonic() + FIRST_BACKOFF
        return self._unsettled is None


def _environment(
    device: Device, name: str, settings: Settings, activity_file: Path
) -> dict[str, str]:
    return {
        **os.environ,
        **settings.environment(),
        **device.visibility(os.environ),
        **_threads(settings),
        "SEALQ_DEVICE": str(device),
        "SEALQ_WORKER_NAME": name,
        ACTIVITY_VARIABLE: str(activity_file),
    }


def _threads(settings: Settings) -> dict[str, str]:
    """Return the variable by which libraries learn how many threads to compute with."""
    if settings.worker_threads is None:
        return {}
    return {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(settings.worker_threads))}
