"""`python -m speedbench.bare_worker 2`: `sealq worker` with so many processes and no objects."""

from __future__ import annotations

import sys

from sealq_configs.logs import configure_logging
from sealq_configs.settings import load_settings
from sealq_worker.devices import Device
from sealq_worker.supervisor import Supervisor, worker_command


def main() -> None:
    """Supervise until a signal says stop."""
    settings = load_settings().settings
    configure_logging(settings.log_level, settings.log_format)
    devices = [Device.parse("cpu")] * int(sys.argv[1])
    sys.exit(Supervisor(devices, settings, _bare_command).run())


def _bare_command(name: str) -> list[str]:
    bare = {"sealq_worker.app": "speedbench.bare_app"}
    return [bare.get(part, part) for part in worker_command(name)]


if __name__ == "__main__":
    main()
