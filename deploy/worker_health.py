"""Health check of a worker container: exit code 0 if a worker process of this host answers.

The answer comes from the loop that takes messages, so a process that is alive but has stopped
taking any does not pass. That loop also reads the pages: it answers between two messages, which is
why this check waits long and why an orchestrator should act only on several failures in a row.
"""

# ruff: noqa: INP001 (a script of the images, no module)

from __future__ import annotations

import socket
import sys

from sealq_configs.settings import load_settings
from sealq_storage.transport import make_celery

#: Seconds to wait for an answer: longer than a message of 16 pages takes on a slow CPU.
ANSWER_SECONDS = 45


def main() -> None:
    """Ask the workers whose names begin with this host's name; exit with 1 if none answers."""
    app = make_celery(load_settings().settings)
    workers = app.control.inspect(
        pattern=f"celery@{socket.gethostname()}-*",
        matcher="glob",
        limit=1,
        timeout=ANSWER_SECONDS,
    )
    if not workers.ping():
        sys.exit(f"No worker on {socket.gethostname()} answered within {ANSWER_SECONDS} s.")


if __name__ == "__main__":
    main()
