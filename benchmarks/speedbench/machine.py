"""What a measurement ran on: a figure without its machine says nothing."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from sealq_worker.machine import usable_cores

#: Packages whose versions say what was compared.
_OURS = ("sealq", "paddlex", "onnxruntime")


@dataclass(frozen=True)
class Machine:
    """A machine and what is installed on it.

    Attributes:
        processor: Its name.
        cores: That may be used.
        memory_gb: GiB.
        system: Operating system and Python.
        packages: Versions.
    """

    processor: str
    cores: int
    memory_gb: float
    system: str
    packages: str


def this_machine() -> Machine:
    """Return the machine that runs this."""
    return Machine(
        processor=_processor(),
        cores=usable_cores(),
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        packages=", ".join(f"{name} {version(name)}" for name in _OURS),
    )


def as_installed() -> None:
    """Let commands that are measured keep and find compiled modules, as an installation has them.

    Without them each start of sealq compiles some thousand files: three times the work.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def load() -> float:
    """Return how many processes ran or wanted to, on average over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named[1] if named else platform.processor() or platform.machine()
