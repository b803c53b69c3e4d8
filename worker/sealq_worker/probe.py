"""Is a device really there? Asked in a child process, because some runtimes abort when it is not.

`python -m sealq_worker.probe gpu:0` prints, as JSON, which engines can use the device. PaddleX by
itself reads on the CPU in silence (`gpu`) or kills the process (`npu`, `mlu`, ...).
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from importlib import resources

from sealq_worker.devices import Device
from sealq_worker.errors import DeviceError

#: Seconds a runtime may take to show a device: the first CUDA context is slow.
PROBE_SECONDS = 180
#: Lines of a failed probe's output that are shown.
SHOWN_LINES = 5


def require_device(device: Device) -> list[str]:
    """Check in a child process that a device is there; return the engines that can use it.

    Raises:
        DeviceError: No installed engine sees the device. Says what each one said.
    """
    environment = {**os.environ, **device.visibility(os.environ)}
    command = [sys.executable, "-m", "sealq_worker.probe", str(device)]
    try:
        done = subprocess.run(  # noqa: S603 (our own module)
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise DeviceError(f"{device} did not answer within {PROBE_SECONDS} s.") from exc
    findings = _findings(done.stdout)
    engines = [engine for engine, problem in findings.items() if problem is None]
    if not engines:
        raise DeviceError(_explain(device, done.returncode, findings, done.stderr))
    return engines


def _findings(output: str) -> dict[str, str | None]:
    """Return what each engine said: None means that it can use the device."""
    lines = output.splitlines()
    try:
        return dict(json.loads(lines[-1])) if lines else {}
    except ValueError:
        return {}


def _explain(device: Device, code: int, findings: dict[str, str | None], stderr: str) -> str:
    said = [f"{engine}: {problem}" for engine, problem in findings.items()]
    if code:
        tail = " / ".join(stderr.strip().splitlines()[-SHOWN_LINES:])
        said.append(f"then a runtime ended the process with code {code}: {tail}")
    return (
        f"{device} can't be used on this host: {'; '.join(said)}. Check the driver and the package "
        "for this kind of device (docs/cluster.md), or name another device."
    )


def _probe_onnxruntime(device: Device) -> str | None:
    if device.kind not in {"cpu", "gpu"}:
        return f"has no {device.kind}"
    if importlib.util.find_spec("onnxruntime") is None:
        return "is not installed"
    import onnxruntime

    provider = "CPUExecutionProvider" if device.kind == "cpu" else "CUDAExecutionProvider"
    if provider not in onnxruntime.get_available_providers():
        return f"is built without {provider} (pip install onnxruntime-gpu)"
    model = resources.files("sealq_configs").joinpath("models/seal_locator/inference.onnx")
    session = onnxruntime.InferenceSession(model.read_bytes(), providers=[provider])
    # With its CUDA libraries missing it does not fail, it takes the CPU.
    return None if session.get_providers()[0] == provider else f"could not load {provider}"


def _probe_paddle(device: Device) -> str | None:
    if importlib.util.find_spec("paddle") is None:
        return "is not installed"
    import paddle

    paddle.set_device(device.pinned_name)
    (paddle.ones([1]) + 1).numpy()
    return None


def main() -> None:
    """Probe the device named on the command line, already pinned by the caller."""
    device = Device.parse(sys.argv[1])
    findings: dict[str, str | None] = {}
    for engine, probe in (("onnxruntime", _probe_onnxruntime), ("paddle", _probe_paddle)):
        try:
            findings[engine] = probe(device)
        except Exception as exc:  # noqa: BLE001 (whatever a runtime raises is its answer)
            findings[engine] = str(exc).strip().splitlines()[0] if str(exc) else repr(exc)
        print(json.dumps(findings), flush=True)  # noqa: T201 (the next engine may abort)


if __name__ == "__main__":
    main()
