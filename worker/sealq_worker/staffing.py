"""How many reading processes serve the devices, and what of the machine each of them may use."""

from __future__ import annotations

from collections.abc import Sequence

from sealq_configs.settings import Settings
from sealq_worker.devices import Device
from sealq_worker.machine import share_of_memory, usable_cores

CPU = Device("cpu", None)

#: MiB that a process on the CPU should have: with less it would be replaced again and again.
CPU_PROCESS_MB = 1536


def device_of_each_process(devices: Sequence[Device], settings: Settings) -> list[Device]:
    """Return a device for each process: one each, and as many on the CPU as it bears.

    Models gain little from a second core, pages are independent: one process per core, computing
    with one thread, reads the most. Who names `cpu` several times has counted for himself.
    """
    if devices.count(CPU) != 1:
        return list(devices)
    others = [device for device in devices if device != CPU]
    return [*others, *[CPU] * (settings.cpu_processes or _bearable(len(others)))]


def with_shares(settings: Settings, processes: int) -> Settings:
    """Fill in what each of so many processes may use, where the settings leave it open."""
    shares = {
        "worker_memory_mb": share_of_memory(processes),
        "worker_threads": max(1, usable_cores() // processes),
    }
    open_ones = {name: value for name, value in shares.items() if getattr(settings, name) is None}
    return settings.model_copy(update=open_ones)


def _bearable(others: int) -> int:
    """Return the processes that the CPU bears beside so many of other devices, at least 1."""
    by_cores = usable_cores() - others
    by_memory = share_of_memory(1) // CPU_PROCESS_MB - others
    return max(1, min(by_cores, by_memory))
