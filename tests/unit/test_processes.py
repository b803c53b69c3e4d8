"""Rules of child processes: they are stopped politely, then firmly, and outlive no parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import gone, until

from sealq_configs.processes import spawn, stop

#: Seconds that a child gets to end where it should take them all, and where it should not.
SHORT, LONG = 0.1, 60.0

#: Ends when it is asked to, with a code of its own.
POLITE = 'trap "exit 7" TERM; echo ready; while :; do sleep 0.01; done'
#: Does not.
STUBBORN = 'trap "" TERM; echo ready; while :; do sleep 0.01; done'

#: A parent that starts the child of its argument, tells its id and waits.
PARENT = """
import os, sys
from sealq_configs.processes import spawn
child = spawn(["sh", "-c", sys.argv[1]], environment=os.environ)
print(child.pid, flush=True)
child.wait()
"""


@contextmanager
def running(script: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a shell script that says when it is ready."""
    with log.open("wb") as output:
        process = spawn(["sh", "-c", script], environment=os.environ, output=output)
    try:
        until(lambda: b"ready" in log.read_bytes())
        yield process
    finally:
        process.kill()
        process.wait()


class TestStop:
    def test_a_child_that_ends_when_asked_gives_its_own_code(self, tmp_path: Path) -> None:
        with running(POLITE, tmp_path / "log") as process:
            assert stop(process, LONG) == 7

    def test_a_child_that_does_not_end_in_time_is_killed(self, tmp_path: Path) -> None:
        with running(STUBBORN, tmp_path / "log") as process:
            assert stop(process, SHORT) == -signal.SIGKILL

    def test_a_child_that_has_ended_keeps_its_code(self, tmp_path: Path) -> None:
        with running("echo ready; exit 5", tmp_path / "log") as process:
            process.wait(LONG)
            assert stop(process, SHORT) == 5


class TestSpawn:
    def test_a_child_gets_the_environment_that_is_named_and_no_other(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        code = "import os; print(os.environ.get('ONE'), os.environ.get('HOME'))"
        with log.open("wb") as output:
            process = spawn([sys.executable, "-Sc", code], environment={"ONE": "1"}, output=output)
        assert process.wait(LONG) == 0
        assert log.read_text() == "1 None\n"

    def test_output_and_errors_go_to_the_file(self, tmp_path: Path) -> None:
        with running("echo ready; echo trouble >&2", tmp_path / "log") as process:
            process.wait(LONG)
        assert (tmp_path / "log").read_text() == "ready\ntrouble\n"

    def test_a_child_has_a_session_of_its_own(self, tmp_path: Path) -> None:
        """Ctrl-C in a terminal goes to all of its session: it has to reach the parent alone."""
        with running(POLITE, tmp_path / "log") as process:
            assert os.getsid(process.pid) == process.pid

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent")
    def test_a_child_ends_when_its_parent_is_killed(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", PARENT, "sleep 600"], stdout=subprocess.PIPE, text=True
        ) as parent:
            assert parent.stdout
            child = int(parent.stdout.readline())
            parent.kill()
        try:
            until(lambda: gone(child))
        finally:
            if not gone(child):
                os.kill(child, signal.SIGKILL)
