"""PaddleX's HTTP service, asked for all documents by some clients at once."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from sealq_configs.processes import stop
from speedbench.answers import answer_of
from speedbench.pages import PageFolder
from speedbench.printing import start_peer
from speedbench.usage import Watch
from speedbench.values import Answer, Measured, NotMeasuredError, PageName

_HOST = "127.0.0.1"
_START_SECONDS = 300
_STOP_SECONDS = 10
#: Seconds that a document may take.
_PATIENCE = 600
#: `fileType` of PaddleX's interface.
_PDF, _IMAGE = 0, 1
_OK = 200


@dataclass(frozen=True)
class Service:
    """The service, started anew, and its clients: each sends a document when it has an answer.

    Attributes:
        name: As the report calls it.
        program: PaddleX's command line.
        pipeline: Pipeline file.
        clients: How many ask at once.
    """

    name: str
    program: Path
    pipeline: Path
    clients: int

    def read(self, folder: PageFolder) -> Measured:
        """Start the service and send it all documents, cell by cell.

        Raises:
            NotMeasuredError: It does not start, or answers with an error.
        """
        started = time.time()
        with (
            Watch() as watch,
            self._running() as port,
            ThreadPoolExecutor(self.clients) as clients,
        ):
            ask = partial(_ask, port, folder.path)
            answers = [
                answer for cell in folder.cells for answer in clients.map(ask, folder.files(cell))
            ]
        finished = {name: at for at, pages in answers for name in pages}
        said = {name: answer for _, pages in answers for name, answer in pages.items()}
        return Measured(started, finished, said, watch.samples)

    @contextmanager
    def _running(self) -> Iterator[int]:
        port = _free_port()
        command = [
            *(str(self.program), "--serve", "--pipeline", str(self.pipeline)),
            *("--device", "cpu", "--host", _HOST, "--port", str(port)),
        ]
        with tempfile.TemporaryFile() as log:
            process = start_peer(command, {}, log)
            try:
                _await_health(port, process)
                yield port
            finally:
                stop(process, _STOP_SECONDS)


def _await_health(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if _request(port, "GET", "/health")[0] == _OK:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise NotMeasuredError(f"the service did not answer within {_START_SECONDS} seconds")


def _ask(port: int, folder: Path, file: Path) -> tuple[float, dict[PageName, Answer]]:
    """Send a document; return the time of the answer and what it says of each page."""
    body = {
        "file": base64.b64encode(file.read_bytes()).decode(),
        "fileType": _PDF if file.suffix == ".pdf" else _IMAGE,
        "visualize": False,  # else it draws pictures of every page
    }
    status, answer = _request(port, "POST", "/seal-recognition", json.dumps(body))
    if status != _OK:
        raise NotMeasuredError(f"it answered {status} to {file.name}: {answer[:200]!r}")
    pages: Sequence[dict[str, Any]] = json.loads(answer)["result"]["sealRecResults"]
    name = file.relative_to(folder).as_posix()
    return time.time(), {
        PageName(name, number): answer_of(page["prunedResult"])
        for number, page in enumerate(pages, start=1)
    }


def _request(port: int, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
    connection = HTTPConnection(_HOST, port, timeout=_PATIENCE)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
