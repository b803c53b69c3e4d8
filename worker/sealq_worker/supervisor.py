"""One worker process per device: started, restarted with backoff, stopped in order."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sealq_configs.errors import StackUnreachableError
from sealq_configs.processes import spawn
from sealq_configs.settings import Settings
from sealq_worker.devices import Device

log = logging.getLogger(__name__)

#: Seconds before a worker that died is started again: doubled each time, up to the last.
FIRST_BACKOFF = 1.0
LAST_BACKOFF = 60.0
#: A worker that lived so many seconds was well: its next death counts as the first.
HEALTHY_SECONDS = 60.0
#: Seconds between two looks at the workers.
POLL_SECONDS = 0.2


def worker_command(name: str) -> list[str]:
    """The command of a worker process of this name."""
    app = ["-m", "celery", "-A", "sealq_worker.app", "--quiet", "worker"]
    calm = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [sys.executable, *app, "--hostname", name, *calm]


@dataclass
class _Slot:
    """A device and the process that serves it."""

    device: Device
    name: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started_at: float = 0.0
    start_after: float = field(default_factory=time.monotonic)


class Supervisor:
    """Keeps one worker process per device running until a signal says stop."""

    def __init__(
        self,
        devices: Sequence[Device],
        settings: Settings,
        command_of: Callable[[str], Sequence[str]] = worker_command,
    ) -> None:
        """Start nothing yet.

        Args:
            devices: One process is kept for each.
            settings: What the processes work with.
            command_of: The command of the process of a worker's name.
        """
        # The same names after a restart of a worker, other ones after a restart of the supervisor:
        # a new process frees at once what its forerunner held, and nobody else's.
        stem = f"{socket.gethostname()}-{secrets.token_hex(3)}"
        names = [f"{stem}-{number}-{device}" for number, device in enumerate(devices)]
        self._slots = [
            _Slot(device, name, _environment(device, name, settings))
            for device, name in zip(devices, names, strict=True)
        ]
        self._command_of = command_of
        self._signals = 0

    def run(self) -> int:
        """Supervise until SIGTERM or SIGINT; return the exit code.

        The first signal lets every worker finish the pages in hand, the second ends them at once:
        their pages are due again when their leases end.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while not self._signals:
            for slot in self._slots:
                self._tend(slot)
            if not self._slots:
                return StackUnreachableError.exit_code
            time.sleep(POLL_SECONDS)
        return self._stop()

    def _on_signal(self, number: int, frame: Any) -> None:
        del frame
        log.info("%s: stopping", signal.Signals(number).name)
        self._signals += 1

    def _tend(self, slot: _Slot) -> None:
        if slot.process is None:
            if time.monotonic() >= slot.start_after:
                self._start(slot)
            return
        code = slot.process.poll()
        if code is None:
            return
        slot.process = None
        if code == StackUnreachableError.exit_code:
            log.error("the worker on %s can't work; it said why above", slot.device)
            self._slots = [other for other in self._slots if other is not slot]
        elif code == 0:
            slot.deaths = 0
        else:
            self._back_off(slot, code)

    def _start(self, slot: _Slot) -> None:
        log.info("starting the worker on %s", slot.device)
        slot.process = spawn(self._command_of(slot.name), environment=slot.environment)
        slot.started_at = time.monotonic()

    def _back_off(self, slot: _Slot, code: int) -> None:
        lived = time.monotonic() - slot.started_at
        slot.deaths = 1 if lived > HEALTHY_SECONDS else slot.deaths + 1
        wait = min(FIRST_BACKOFF * 2 ** (slot.deaths - 1), LAST_BACKOFF)
        slot.start_after = time.monotonic() + wait
        log.error("the worker on %s ended (%s); again in %.0f s", slot.device, _ending(code), wait)

    def _stop(self) -> int:
        processes = [slot.process for slot in self._slots if slot.process is not None]
        for process in processes:
            process.terminate()
        while any(process.poll() is None for process in processes):
            if self._signals > 1:
                for process in processes:
                    process.kill()
            time.sleep(POLL_SECONDS)
        return 0


def _environment(device: Device, name: str, settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        **settings.environment(),
        **device.visibility(os.environ),
        "SEALQ_DEVICE": str(device),
        "SEALQ_WORKER_NAME": name,
    }


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
