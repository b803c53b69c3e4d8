"""Worker processes, each with a device: started, watched, restarted, stopped in order."""

from __future__ import annotations

import logging
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sealq_configs.errors import StackUnreachableError
from sealq_configs.settings import Settings
from sealq_worker.devices import Device
from sealq_worker.slot import Slot
from sealq_worker.staffing import with_shares

log = logging.getLogger(__name__)

#: Seconds between two looks at the workers.
POLL_SECONDS = 0.2


def worker_command(name: str) -> list[str]:
    """The command of a worker process of this name."""
    app = ["-m", "celery", "-A", "sealq_worker.app", "--quiet", "worker"]
    calm = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [sys.executable, *app, "--hostname", name, *calm]


class Supervisor:
    """Keeps worker processes running until a signal says stop."""

    def __init__(
        self,
        devices: Sequence[Device],
        settings: Settings,
        command_of: Callable[[str], Sequence[str]] = worker_command,
    ) -> None:
        """Prepare; `run` starts.

        Args:
            devices: One process is kept for each; a device may stand there several times.
            settings: What the processes work with.
            command_of: The command of the process of a worker's name.
        """
        self._devices = devices
        self._settings = with_shares(settings, len(devices))
        self._command_of = command_of
        self._slots: list[Slot] = []
        self._signals = 0

    def run(self) -> int:
        """Supervise until SIGTERM or SIGINT; return the exit code.

        The first signal lets every worker finish the page in hand and give back the others, within
        `stop_seconds`; the second ends them at once. What was in hand then is due again.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        with tempfile.TemporaryDirectory(prefix="sealq-worker-") as folder:
            self._slots = self._make_slots(Path(folder))
            while not self._signals:
                self._slots = [slot for slot in self._slots if slot.tend()]
                if not self._slots:
                    return StackUnreachableError.exit_code
                time.sleep(POLL_SECONDS)
            return self._stop()

    def _make_slots(self, folder: Path) -> list[Slot]:
        # The same names after a restart of a worker, other ones after a restart of the supervisor:
        # a new process frees at once what its forerunner held, and nobody else's.
        stem = f"{socket.gethostname()}-{secrets.token_hex(3)}"
        names = [f"{stem}-{number}-{device}" for number, device in enumerate(self._devices)]
        return [
            Slot(device, name, self._settings, self._command_of(name), folder / str(number))
            for number, (device, name) in enumerate(zip(self._devices, names, strict=True))
        ]

    def _on_signal(self, number: int, frame: Any) -> None:
        del frame
        log.info("%s: stopping", signal.Signals(number).name)
        self._signals += 1

    def _stop(self) -> int:
        for slot in self._slots:
            slot.terminate()
        deadline = time.monotonic() + self._settings.stop_seconds
        while running := [slot for slot in self._slots if slot.is_running()]:
            if self._signals > 1 or time.monotonic() > deadline:
                for slot in running:
                    slot.kill()
            time.sleep(POLL_SECONDS)
        for slot in self._slots:
            slot.leave()
        return 0
