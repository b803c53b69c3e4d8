"""The limit: what the models alone take, one process per core, one thread per model."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sealq_configs.processes import spawn
from speedbench.pages import PageFolder
from speedbench.values import NotMeasuredError, PageName

#: Characters of a failed program's output that are shown.
_SHOWN = 1500


@dataclass(frozen=True)
class PageWork:
    """What the models take for a page.

    Attributes:
        seconds: By model.
        calls: By model.
    """

    seconds: Mapping[str, float]
    calls: Mapping[str, int]

    @property
    def total(self) -> float:
        """Seconds of all models."""
        return sum(self.seconds.values())


def models_alone(
    folder: PageFolder, pipeline: Path, processes: int, logs: Path
) -> Mapping[PageName, PageWork]:
    """Measure the models on all pages, in processes side by side, as they would read.

    Args:
        folder: The pages.
        pipeline: Pipeline file that gives each model one thread.
        processes: That share the files.
        logs: Folder for what they print.

    Raises:
        NotMeasuredError: A process failed.
    """
    outputs = [logs / f"models-{part}.jsonl" for part in range(processes)]
    running = []
    for part, path in enumerate(outputs):
        command = _command(pipeline, folder.path, part, processes)
        with path.open("wb") as output:
            running.append(spawn(command, environment=os.environ, output=output))
    codes = [process.wait() for process in running]
    if any(codes):
        ends = "\n".join(path.read_text(encoding="utf-8")[-_SHOWN:] for path in outputs)
        raise NotMeasuredError(f"the models could not be run alone:\n{ends}")
    return {
        name: work for path in outputs for name, work in _pages(path.read_text(encoding="utf-8"))
    }


def _command(pipeline: Path, folder: Path, part: int, parts: int) -> list[str]:
    options = ["--part", str(part), "--of", str(parts)]
    return [sys.executable, "-m", "speedbench.replay", str(pipeline), *options, str(folder)]


def _pages(output: str) -> Iterator[tuple[PageName, PageWork]]:
    for line in output.splitlines():
        if line.startswith("{"):  # all else is what PaddleX has to say
            page = json.loads(line)
            name = PageName(page["file"], page["page"])
            yield name, PageWork(page["seconds"], page["calls"])
