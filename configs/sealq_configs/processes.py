"""Child processes that end with their parent and can be stopped politely, then firmly."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

#: Linux: the signal a process gets when its parent dies (prctl(2)).
_PR_SET_PDEATHSIG = 1


def spawn(
    command: Sequence[str], *, environment: Mapping[str, str], output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: a terminal's Ctrl-C reaches the parent alone.

    Args:
        command: Program and arguments.
        environment: All variables of the child.
        output: Where stdout and stderr go; None: the parent's.
    """
    return subprocess.Popen(  # noqa: S603 (our own commands)
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
        # A parent that is killed outright leaves no worker or server behind.
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 (main thread)
    )


def stop(process: subprocess.Popen[bytes], grace_seconds: float) -> int:
    """Ask a child to end, kill it when it has not after the grace; return its exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(grace_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
