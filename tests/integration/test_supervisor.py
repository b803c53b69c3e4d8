"""Rules of `sealq worker`: one process per device that is there, kept running, ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from fakes import settings_for
from waiting import gone, until

#: Seconds that a command may take.
LONG = 120.0

#: A supervisor of the devices named, quick to start again, whose workers run the shell script of
#: the first argument with the worker's name as $0.
SUPERVISE = """
import sys
from sealq_configs.logs import configure_logging
from sealq_configs.settings import Settings
from sealq_worker import slot, supervisor
from sealq_worker.devices import Device
slot.FIRST_BACKOFF, slot.LAST_BACKOFF, supervisor.POLL_SECONDS = 0.05, 0.2, 0.01
configure_logging("INFO", "text")
script, *names = sys.argv[1:]
devices = [Device.parse(name) for name in names]
sys.exit(supervisor.Supervisor(devices, Settings(), lambda name: ["sh", "-c", script, name]).run())
"""

#: What a worker says when it starts: its process, its name, its device, what it can see, when.
TELL = 'echo "up $$ $0 $SEALQ_WORKER_NAME $SEALQ_DEVICE [$CUDA_VISIBLE_DEVICES] $(date +%s%N)"; '
#: Works until it is told to end.
WORK = TELL + "exec sleep 600"
#: Works, and finishes what it has in hand before it ends.
FINISH = TELL + 'trap "echo finished; exit 0" TERM; while :; do sleep 0.01; done'
#: Does not end when it is told to.
STUBBORN = TELL + 'trap "echo told" TERM; while :; do sleep 0.01; done'

#: paddlepaddle as it is on a host with two NPUs: a process that asks for another is aborted.
FAKE_PADDLE = """
import os

def set_device(name):
    if name != "npu:0" or os.environ["ASCEND_RT_VISIBLE_DEVICES"] not in {"0", "1"}:
        os.abort()

class ones:
    def __init__(self, shape):
        pass
    def __add__(self, other):
        return self
    def numpy(self):
        return 2
"""


@dataclass(frozen=True)
class Started:
    """What a worker said when it started."""

    pid: int
    name: str
    told_name: str
    device: str
    sees: str
    #: Nanoseconds.
    at: int


class Running:
    """A supervisor at work, with all that it and its workers said."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def started(self) -> list[Started]:
        lines = [line.split() for line in self.said.splitlines() if line.startswith("up ")]
        return [
            Started(int(pid), name, told, device, sees, int(at))
            for _, pid, name, told, device, sees, at in lines
        ]

    def wait_for_starts(self, number: int) -> list[Started]:
        until(lambda: len(self.started) >= number)
        return self.started

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LONG)


@contextmanager
def supervising(folder: Path, script: str, *devices: str) -> Iterator[Running]:
    log = folder / "log"
    environment = {**os.environ, "SEALQ_HOME": str(folder)}
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    with log.open("wb") as output:
        command = [sys.executable, "-c", SUPERVISE, script, *devices]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    running = Running(process, log)
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        for worker in running.started:
            if not gone(worker.pid):
                os.kill(worker.pid, signal.SIGKILL)


class TestStart:
    def test_each_device_has_a_process_that_sees_it_alone(self, tmp_path: Path) -> None:
        with supervising(tmp_path, WORK, "gpu:0", "gpu:1", "cpu") as running:
            started = running.wait_for_starts(3)
        assert {each.device: each.sees for each in started} == {
            "gpu:0": "[0]",
            "gpu:1": "[1]",
            "cpu": "[]",
        }
        assert len({each.name for each in started}) == 3


class TestDeath:
    def test_a_worker_that_dies_is_started_again_under_its_name(self, tmp_path: Path) -> None:
        """By the name its successor frees what it held."""
        with supervising(tmp_path, WORK, "cpu") as running:
            (first,) = running.wait_for_starts(1)
            os.kill(first.pid, signal.SIGKILL)
            _, second = running.wait_for_starts(2)
            assert second.pid != first.pid
            assert second.name == first.name == second.told_name
            assert "the worker on cpu ended (killed by SIGKILL)" in running.said

    def test_the_wait_before_a_start_doubles_up_to_a_last_one(self, tmp_path: Path) -> None:
        """0.05, 0.1, 0.2, 0.2, ... s here: with no last one, twelve starts took 100 s."""
        with supervising(tmp_path, TELL + "exit 7", "cpu") as running:
            times = [each.at / 1e9 for each in running.wait_for_starts(12)]
            assert "ended (exit code 7)" in running.said
        waits = [later - earlier for earlier, later in pairwise(times)]
        for wait, least in zip(waits, [0.05, 0.1, 0.2, 0.2], strict=False):
            assert wait >= least

    def test_a_worker_that_ended_well_is_replaced_without_complaint(self, tmp_path: Path) -> None:
        with supervising(tmp_path, TELL + "exit 0", "cpu") as running:
            running.wait_for_starts(5)
            assert "ERROR" not in running.said

    def test_a_worker_that_says_it_cannot_work_is_not_started_again(self, tmp_path: Path) -> None:
        script = TELL + '[ "$SEALQ_DEVICE" = cpu ] || exit 3; exec sleep 600'
        with supervising(tmp_path, script, "gpu:0", "cpu") as running:
            until(lambda: "the worker on gpu:0 can't work" in running.said)
            cpu = next(each for each in running.wait_for_starts(2) if each.device == "cpu")
            os.kill(cpu.pid, signal.SIGKILL)
            running.wait_for_starts(3)
            assert [each.device for each in running.started].count("gpu:0") == 1

    def test_when_none_is_left_it_ends_with_their_code(self, tmp_path: Path) -> None:
        with supervising(tmp_path, TELL + "exit 3", "gpu:0", "gpu:1") as running:
            assert running.process.wait(LONG) == 3
            assert len(running.started) == 2


class TestEnd:
    def test_on_a_signal_the_workers_finish_and_it_ends_well(self, tmp_path: Path) -> None:
        with supervising(tmp_path, FINISH, "gpu:0", "gpu:1") as running:
            running.wait_for_starts(2)
            assert running.end() == 0
            assert running.said.count("finished") == 2
            assert len(running.started) == 2

    def test_on_a_second_signal_they_are_killed(self, tmp_path: Path) -> None:
        with supervising(tmp_path, STUBBORN, "cpu") as running:
            (worker,) = running.wait_for_starts(1)
            running.process.send_signal(signal.SIGINT)
            until(lambda: "told" in running.said)
            assert running.process.poll() is None
            assert running.end() == 0
            assert gone(worker.pid)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent")
    def test_no_worker_is_left_when_it_is_killed(self, tmp_path: Path) -> None:
        with supervising(tmp_path, WORK, "gpu:0", "gpu:1") as running:
            workers = running.wait_for_starts(2)
            running.process.kill()
            until(lambda: all(gone(each.pid) for each in workers))


def worker(
    folder: Path, *arguments: str, module: Sequence[str] = ("sealq_worker",), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the worker to its end."""
    environment = {**os.environ, "SEALQ_HOME": str(folder), **variables}
    environment.pop("ASCEND_RT_VISIBLE_DEVICES", None)
    return subprocess.run(
        [sys.executable, "-m", *module, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )


class TestProbe:
    @pytest.fixture
    def two_npus(self, tmp_path: Path) -> str:
        """The folder of a paddlepaddle that finds two NPUs."""
        (tmp_path / "paddle.py").write_text(FAKE_PADDLE)
        return str(tmp_path)

    def probe(self, tmp_path: Path, path: str, *names: str) -> subprocess.CompletedProcess[str]:
        named = [part for name in names for part in ("--device", name)]
        joined = os.pathsep.join(filter(None, [path, os.environ.get("PYTHONPATH")]))
        return worker(tmp_path, "--probe", *named, PYTHONPATH=joined)

    def test_those_that_are_there_are_found_and_the_missing_are_named(
        self, tmp_path: Path, two_npus: str
    ) -> None:
        done = self.probe(tmp_path, two_npus, "npu:0", "npu:1", "npu:2")
        assert (done.returncode, done.stdout) == (0, "npu:0\nnpu:1\n")
        assert "npu:1: usable with paddle" in done.stderr
        assert "npu:2 can't be used on this host" in done.stderr
        assert "a runtime ended the process with code -6" in done.stderr
        assert "name another device" in done.stderr

    def test_when_none_is_there_it_ends_with_3(self, tmp_path: Path, two_npus: str) -> None:
        done = self.probe(tmp_path, two_npus, "npu:2", "npu:3")
        assert (done.returncode, done.stdout) == (3, "")
        assert "None of the devices npu:2, npu:3 can be used" in done.stderr

    def test_a_gpu_is_not_silently_replaced_by_the_cpu(self, tmp_path: Path) -> None:
        import onnxruntime

        if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
            pytest.skip("onnxruntime-gpu is installed: its CPU build is what is asked about")
        done = self.probe(tmp_path, "", "gpu:0")
        assert done.returncode == 3
        assert "built without CUDAExecutionProvider (pip install onnxruntime-gpu)" in done.stderr


class TestDatabase:
    def test_without_tables_nothing_is_started(self, tmp_path: Path) -> None:
        done = worker(tmp_path, "--device", "cpu")
        assert done.returncode == 3
        assert "sealq db upgrade" in done.stderr
        assert "starting the worker" not in done.stderr

    def test_a_worker_process_ends_with_3_as_well(self, tmp_path: Path, redis_url: str) -> None:
        """Started by hand or by an orchestrator; its supervisor does not start it again."""
        settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'empty.db'}", redis_url)
        module = ("celery", "-A", "sealq_worker.app", "worker")
        done = worker(tmp_path, module=module, **settings.environment())
        assert done.returncode == 3
        assert "sealq db upgrade" in done.stderr
