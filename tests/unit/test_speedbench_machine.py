"""On what the benches measure."""

from __future__ import annotations

import subprocess
import sys

import pytest

from speedbench.machine import as_installed


def test_what_is_measured_keeps_compiled_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    as_installed()
    asked = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]
    assert subprocess.check_output(asked, text=True).strip() == "False"
