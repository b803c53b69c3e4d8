"""The installed command in a process of its own, as a user has it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sealq_configs.settings import load_settings

ROOT = Path(__file__).parents[1]
#: Documents of the repository, whose truth stands in `expected.json`.
SAMPLES = ROOT / "samples"
#: Their names, in the order in which a folder gives them.
SAMPLE_NAMES = ("contract.pdf", "invoice.jpg", "no_seal.png", "receipts.tiff", "seal_crop.png")
#: Seconds after which a command hangs.
PATIENCE = 300


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What stdout says as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Sealq:
    """The command `sealq` in a folder of its own, with an environment of its own."""

    folder: Path
    #: Variables beside those of the tests.
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Where `run` keeps what it keeps."""
        return self.folder / "home"

    def __call__(self, *arguments: object, stdin: str | None = None, **variables: str) -> Said:
        """Run a command to its end."""
        done = subprocess.run(
            command(*arguments),
            cwd=self.folder,
            env=self.environment(**variables),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object, log: Path) -> subprocess.Popen[bytes]:
        """Start a command; what it says goes to a file."""
        with log.open("ab") as output:
            return subprocess.Popen(
                command(*arguments),
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 (it takes no lock)
            )

    def environment(self, **variables: str) -> dict[str, str]:
        """Return the variables of a command: none of the tester's own settings of sealq."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("SEALQ_")}
        models = load_settings().settings.models_dir
        return {
            **own,
            "SEALQ_HOME": str(self.home),
            "SEALQ_MODELS_DIR": str(models),
            **self.variables,
            **variables,
        }


def command(*arguments: object) -> list[str]:
    """Return the installed command with arguments."""
    return [str(Path(sysconfig.get_path("scripts")) / "sealq"), *map(str, arguments)]


@dataclass(frozen=True)
class SamplesRun:
    """A `sealq run` over the samples. Tests look at it, and change nothing."""

    sealq: Sealq
    said: Said
    #: A copy of the samples, named `documents` in the results.
    documents: Path
    #: The truth of each sample, by its name.
    truth: Mapping[str, Any]


def _hear_ctrl_c() -> None:
    """Whoever runs the tests in the background has it ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
