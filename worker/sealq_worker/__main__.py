"""`python -m sealq_worker --device gpu:0 --device gpu:1`: what `sealq worker` runs."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import click

from sealq_configs.errors import SealqError
from sealq_configs.logs import configure_logging
from sealq_configs.settings import Settings, load_settings
from sealq_storage.sql.opening import open_database
from sealq_worker.devices import Device, detect_devices
from sealq_worker.errors import DeviceError
from sealq_worker.probe import require_device
from sealq_worker.staffing import CPU, device_of_each_process, with_shares
from sealq_worker.supervisor import Supervisor

#: Not `__name__`: that is `__main__` here, whose messages nobody would hear.
log = logging.getLogger("sealq_worker")


@click.command()
@click.option("--device", "names", multiple=True, help="gpu:0, npu:0, cpu, ...; default: all found")
@click.option("--probe", is_flag=True, help="Only print the devices that can be used.")
def main(names: Sequence[str], *, probe: bool) -> None:
    """Serve devices until a signal says stop."""
    settings = load_settings().settings
    configure_logging(settings.log_level, settings.log_format)
    try:
        devices = device_of_each_process(_named(names) if names else _found(), settings)
        if probe:
            click.echo("\n".join(_staff(devices, settings)))
            return
        with open_database(settings.database):
            pass  # a database that can't be used ends it here, not in each process
        code = Supervisor(devices, settings).run()
    except SealqError as exc:
        log.error("%s", exc)  # noqa: TRY400 (the message says it all)
        code = exc.exit_code
    sys.exit(code)


def _staff(devices: Sequence[Device], settings: Settings) -> list[str]:
    """Name each device, the CPU with what will work on it."""
    threads = with_shares(settings, len(devices)).worker_threads
    on_cpu = f"cpu (processes: {devices.count(CPU)}, threads of each: {threads})"
    named = dict.fromkeys(devices)
    return [on_cpu if device == CPU else str(device) for device in named]


def _named(names: Sequence[str]) -> list[Device]:
    """Return the devices asked for that are there; says what is wrong with the others."""
    asked = [Device.parse(name) for name in names]
    devices = [device for device in asked if _is_there(device)]
    if not devices:
        raise DeviceError(f"None of the devices {', '.join(map(str, asked))} can be used.")
    return devices


def _found() -> list[Device]:
    """Return all usable devices that this process may see, or the CPU."""
    shown = [device for device in detect_devices() if _is_shown(device)]
    devices = [device for device in shown if _is_there(device)]
    return devices or [CPU]


def _is_shown(device: Device) -> bool:
    try:
        device.visibility(os.environ)
    except DeviceError:
        return False
    return True


def _is_there(device: Device) -> bool:
    try:
        device.visibility(os.environ)
        engines = require_device(device)
    except DeviceError as exc:
        log.error("%s", exc)  # noqa: TRY400 (the message says it all)
        return False
    log.info("%s: usable with %s", device, ", ".join(engines))
    return True


if __name__ == "__main__":
    main()
