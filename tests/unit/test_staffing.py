"""Rules of staffing: one process per device, as many on the CPU as cores and memory bear."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sealq_configs.settings import Settings
from sealq_worker import machine, staffing
from sealq_worker.devices import Device
from sealq_worker.machine import share_of_memory, usable_cores
from sealq_worker.staffing import CPU, CPU_PROCESS_MB, device_of_each_process, with_shares

GPU = Device("gpu", 0)
MIB = 1 << 20


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of four cores and memory enough."""
    monkeypatch.setattr(staffing, "usable_cores", lambda: 4)
    set_memory(monkeypatch, 100 * CPU_PROCESS_MB)


def set_memory(monkeypatch: pytest.MonkeyPatch, mib: int) -> None:
    monkeypatch.setattr(staffing, "share_of_memory", lambda processes: mib // processes)


@pytest.mark.parametrize(
    ("devices", "settings", "processes"),
    [
        ([CPU], {}, [CPU] * 4),
        ([CPU], {"cpu_processes": 3}, [CPU] * 3),
        ([CPU, CPU], {}, [CPU, CPU]),  # counted by whoever named it
        ([GPU], {}, [GPU]),
        ([CPU, GPU], {}, [GPU, CPU, CPU, CPU]),  # the GPU's process needs a core too
        ([GPU, GPU, GPU, GPU, GPU, CPU], {}, [*[GPU] * 5, CPU]),  # never none
    ],
)
def test_each_process_has_a_device(
    devices: list[Device], settings: dict[str, int], processes: list[Device]
) -> None:
    assert device_of_each_process(devices, Settings(**settings)) == processes


@pytest.mark.parametrize(("mib", "processes"), [(2.5, 2), (0.5, 1)])
def test_little_memory_means_fewer_processes(
    monkeypatch: pytest.MonkeyPatch, mib: float, processes: int
) -> None:
    set_memory(monkeypatch, int(mib * CPU_PROCESS_MB))
    assert len(device_of_each_process([CPU], Settings())) == processes


@pytest.mark.parametrize(("processes", "threads"), [(1, 4), (2, 2), (4, 1), (9, 1)])
def test_the_cores_are_shared(processes: int, threads: int) -> None:
    assert with_shares(Settings(), processes).worker_threads == threads


def test_what_is_set_stays() -> None:
    settings = Settings(worker_threads=7, worker_memory_mb=77)
    assert with_shares(settings, 2) == settings


class TestContainer:
    """Its limits count, where they are tighter than the machine."""

    def test_memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "limit").write_text(f"{1000 * MIB}\n")
        (tmp_path / "none").write_text("max\n")
        files = (tmp_path / "none", tmp_path / "limit", tmp_path / "missing")
        monkeypatch.setattr(machine, "_MEMORY_FILES", files)
        assert share_of_memory(2) == 400

    @pytest.mark.parametrize(
        ("quota", "cores"),
        [
            ("max 100000", 8),  # no limit
            ("250000 100000", 2),
            ("50000 100000", 1),  # half a core
            ("9900000 100000", 8),  # more than there are
        ],
    )
    def test_cores(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int
    ) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
        (tmp_path / "cpu.max").write_text(f"{quota}\n")
        files = ((tmp_path / "cpu.max",), (tmp_path / "v1_quota", tmp_path / "v1_period"))
        monkeypatch.setattr(machine, "_QUOTA_FILES", files)
        assert usable_cores() == cores

    def test_cores_of_the_older_kind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
        files = tmp_path / "quota", tmp_path / "period"
        monkeypatch.setattr(machine, "_QUOTA_FILES", (files,))
        for quota, cores in (("-1", 8), ("300000", 3)):
            files[0].write_text(quota)
            files[1].write_text("100000")
            assert usable_cores() == cores
