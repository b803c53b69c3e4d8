"""PaddleX's and PaddleOCR's command lines: one process reads the folder and prints each page."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sealq_configs.processes import spawn, stop
from speedbench.pages import PageFolder
from speedbench.printed import PrintedPage, printed_pages
from speedbench.usage import Watch
from speedbench.values import Measured, NotMeasuredError, PageName

#: Lines of output that are shown when a command fails.
_SHOWN = 5
_STOP_SECONDS = 10


@dataclass(frozen=True)
class PrintingCommand:
    """A command that reads the folder named last and prints what it finds.

    Attributes:
        name: As the report calls it.
        command: Program and arguments, all but the folder.
        environment: Variables beside those of this process.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def read(self, folder: PageFolder) -> Measured:
        """Read all pages in one run of the command.

        Raises:
            NotMeasuredError: It ends with an error, or leaves pages out.
        """
        started = time.time()
        with Watch() as watch:
            lines = self._output([*self.command, str(folder.path)])
        pages = dict(_named(printed_pages(lines), folder.path))
        if len(pages) != folder.pages:
            raise NotMeasuredError(
                f"it printed {len(pages)} of {folder.pages} pages; its output ends:\n"
                + "\n".join(line.rstrip() for _, line in lines[-_SHOWN:])
            )
        return Measured(
            started=started,
            finished={name: page.at for name, page in pages.items()},
            answers={name: page.answer for name, page in pages.items()},
            usage=watch.samples,
        )

    def _output(self, command: Sequence[str]) -> list[tuple[float, str]]:
        """Run a command and return its lines, each with the time at which it came."""
        read, write = os.pipe()
        with os.fdopen(read, encoding="utf-8", errors="replace") as output:
            with os.fdopen(write, "wb") as sink:
                process = start_peer(command, self.environment, sink)
            try:
                return [(time.time(), line) for line in output]
            finally:
                stop(process, _STOP_SECONDS)


def start_peer(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program of the peers, kept from the network.

    Raises:
        NotMeasuredError: It is not installed.
    """
    offline = {"PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"}
    try:
        return spawn(command, environment={**os.environ, **offline, **environment}, output=output)
    except FileNotFoundError as exc:
        raise NotMeasuredError(
            f"there is no {command[0]}: `make bench-speed` installs the peers"
        ) from exc


def _named(pages: Iterable[PrintedPage], folder: Path) -> Iterator[tuple[PageName, PrintedPage]]:
    """Yield pages with their names: a file's pages are printed in their order."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen[page.file] += 1
        yield PageName(Path(page.file).relative_to(folder).as_posix(), seen[page.file]), page
