"""Device strings as PaddleX writes them, and how a process is pinned to one device."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sealq_worker.errors import DeviceError, DeviceNameError

#: The variable by which each vendor's runtime shows a process only some devices.
#: PaddleX's inference sets none of them, so sealq does, before PaddleX is imported.
VISIBILITY_VARIABLES = {
    "gpu": "CUDA_VISIBLE_DEVICES",
    "npu": "ASCEND_RT_VISIBLE_DEVICES",
    "xpu": "XPU_VISIBLE_DEVICES",
    "mlu": "MLU_VISIBLE_DEVICES",
    "gcu": "TOPS_VISIBLE_DEVICES",
    "dcu": "HIP_VISIBLE_DEVICES",
    "iluvatar_gpu": "CUDA_VISIBLE_DEVICES",
    "metax_gpu": "MACA_VISIBLE_DEVICES",
}
DEVICE_KINDS = ("cpu", *VISIBILITY_VARIABLES)


@dataclass(frozen=True)
class Device:
    """One device of this host."""

    kind: str
    #: Number among the devices that this process may see; None for the CPU.
    index: int | None

    @classmethod
    def parse(cls, text: str) -> Device:
        """Read `cpu`, `gpu`, `gpu:0`, `npu:1`, ...

        Raises:
            DeviceNameError: The text names no device, or several: one process serves one device.
        """
        kind, _, index = text.strip().lower().partition(":")
        if kind not in DEVICE_KINDS:
            raise DeviceNameError(
                f"{text}: no such kind of device. Known: {', '.join(DEVICE_KINDS)}."
            )
        if kind == "cpu":
            if index:
                raise DeviceNameError(f"{text}: the CPU has no number. Write cpu.")
            return cls(kind, None)
        if index and not (index.isascii() and index.isdigit()):
            raise DeviceNameError(
                f"{text}: write one number, as in {kind}:0; repeat --device for more."
            )
        return cls(kind, int(index or 0))

    def __str__(self) -> str:
        return self.kind if self.index is None else f"{self.kind}:{self.index}"

    @property
    def pinned_name(self) -> str:
        """What PaddleX calls the device in a process that sees only this one."""
        return self.kind if self.index is None else f"{self.kind}:0"

    def visibility(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Variables that show a child process this device alone.

        Where the variable is set already, the device is counted among those it lists, as every
        vendor's tools do.

        Raises:
            DeviceError: The environment shows fewer devices than the number asks for.
        """
        if self.index is None:
            return {}
        variable = VISIBILITY_VARIABLES[self.kind]
        if variable not in environment:
            return {variable: str(self.index)}
        # Set but empty shows none: so vendors' runtimes take it.
        shown = [name.strip() for name in environment[variable].split(",") if name.strip()]
        if self.index >= len(shown):
            raise DeviceError(
                f"{self}: {variable}={environment[variable]} shows only {len(shown)} device(s). "
                "Name one of those, or change the variable."
            )
        return {variable: shown[self.index]}


def detect_devices(root: Path = Path("/")) -> list[Device]:
    """Return the accelerators whose drivers show themselves, or the CPU where there are none.

    Args:
        root: Where `proc` and `dev` are looked for.
    """
    gpus = sorted(root.glob("proc/driver/nvidia/gpus/*"))
    npus = [path for path in root.glob("dev/davinci*") if re.fullmatch(r"davinci\d+", path.name)]
    found = [Device("gpu", index) for index in range(len(gpus))]
    found += [Device("npu", index) for index in range(len(npus))]
    return found or [Device("cpu", None)]
