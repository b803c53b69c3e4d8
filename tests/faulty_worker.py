"""`python faulty_worker.py cpu cpu`: `sealq worker`, with `faulty_app` in place of its app."""

from __future__ import annotations

import sys

from sealq_configs.logs import configure_logging
from sealq_configs.settings import load_settings
from sealq_worker import slot
from sealq_worker.devices import Device
from sealq_worker.supervisor import Supervisor, worker_command

#: Seconds before a worker that died is started again.
QUICK = 0.1


def main() -> None:
    """Supervise until a signal says stop."""
    slot.FIRST_BACKOFF = slot.LAST_BACKOFF = QUICK
    settings = load_settings().settings
    configure_logging(settings.log_level, settings.log_format)
    devices = [Device.parse(name) for name in sys.argv[1:]]
    sys.exit(Supervisor(devices, settings, faulty_command).run())


def faulty_command(name: str) -> list[str]:
    """The command of `sealq worker`'s processes, with another app."""
    return ["faulty_app" if part == "sealq_worker.app" else part for part in worker_command(name)]


if __name__ == "__main__":
    main()
