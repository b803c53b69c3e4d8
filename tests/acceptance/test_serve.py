"""`sealq serve` with a worker beside it: PaddleX's client programs get what `sealq run` reads."""

from __future__ import annotations

import base64
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from installed import PATIENCE, ROOT, SamplesRun, Sealq
from waiting import until

DOCS = (ROOT / "docs/http.md").read_text("utf-8")


@dataclass(frozen=True)
class Service:
    """A running service."""

    sealq: Sealq
    url: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


@contextmanager
def running(sealq: Sealq, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command; in the end tell it to stop, and see that it does."""
    log = sealq.folder / f"{arguments[0]}.log"
    process = sealq.start(*arguments, log=log)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Service]:
    # A database of Redis that no other test empties.
    variables = {"SEALQ_REDIS_URL": redis_server.removesuffix("/0") + "/7"}
    sealq = Sealq(tmp_path_factory.mktemp("serve"), variables)
    assert sealq("db", "upgrade").code == 0
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        running(sealq, "worker", "--device", "cpu"),
        running(sealq, "serve", "--port", port),
    ):
        until(lambda: is_ready(url))
        yield Service(sealq, url)


def regions_of(samples_run: SamplesRun, document: str) -> list[dict[str, Any]]:
    return [each for each in samples_run.said.json if Path(each["document"]).name == document]


@pytest.fixture(scope="module")
def stock_regions(
    samples_run: SamplesRun, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """The contract's seals as PaddleX reads them, which is what its clients expect."""
    sealq = Sealq(tmp_path_factory.mktemp("stock"))
    contract = samples_run.documents / "contract.pdf"
    said = sealq("run", contract, "--reading", "stock", "--format", "json")
    found: list[dict[str, Any]] = said.json
    return found


def test_the_documentation_s_program_gets_what_a_stock_run_reads(
    service: Service,
    samples_run: SamplesRun,
    stock_regions: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    (program,) = re.findall(r"```python\n(import base64\n.*?)```", DOCS, re.DOTALL)
    shutil.copy(samples_run.documents / "contract.pdf", tmp_path / "demo.pdf")
    said = subprocess.run(
        [sys.executable, "-c", program.replace("http://localhost:8080", service.url)],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert said.returncode == 0, said.stderr
    wanted = [
        f"{region['page'] - 1} {[line['text'] for line in region['lines']]}"
        for region in stock_regions
    ]
    assert said.stdout.splitlines() == wanted
    for region in stock_regions:
        name = f"seal_res_region{region['region']}_{region['page'] - 1}.jpg"
        assert (tmp_path / name).read_bytes() == Path(region["picture"]).read_bytes()


def test_a_pruned_result_is_paddlex_s_own(
    service: Service, samples_run: SamplesRun, stock_regions: list[dict[str, Any]]
) -> None:
    content = (samples_run.documents / "contract.pdf").read_bytes()
    body = {"file": base64.b64encode(content).decode(), "fileType": 0, "visualize": False}
    answer = requests.post(f"{service.url}/seal-recognition", json=body, timeout=PATIENCE)
    pages = answer.json()["result"]["sealRecResults"]
    for region in stock_regions:
        res = json.loads(Path(region["reading"]).read_text("utf-8"))["res"]
        assert pages[region["page"] - 1]["prunedResult"] == pruned(res)


def pruned(node: Any) -> Any:
    """Leave out what PaddleX's server leaves out."""
    if isinstance(node, list):
        return [pruned(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        name: pruned(each)
        for name, each in node.items()
        if name not in {"input_path", "page_index"}
    }


def test_an_uploaded_folder_gives_what_run_gives(service: Service, samples_run: SamplesRun) -> None:
    names = ("invoice.jpg", "receipts.tiff")
    files = [("files", (name, (samples_run.documents / name).read_bytes())) for name in names]
    jobs = f"{service.url}/api/v1/jobs"
    job_id = requests.post(f"{jobs}/upload", files=files, timeout=60).json()["id"]
    until(lambda: requests.get(f"{jobs}/{job_id}", timeout=10).json()["state"] == "done")
    pages = requests.get(f"{jobs}/{job_id}/results", timeout=10).json()["items"]
    found = [
        (page["document"], page["page"], region["box"], [line["text"] for line in region["lines"]])
        for page in pages
        for region in page["regions"]
    ]
    assert found == [
        (name, each["page"], each["box"], [line["text"] for line in each["lines"]])
        for name in names
        for each in regions_of(samples_run, name)
    ]


def test_serving_others_without_a_key_is_refused_at_the_start(service: Service) -> None:
    said = service.sealq("serve", "--host", "0.0.0.0", "--port", free_port())  # noqa: S104
    assert said.code == 2
    assert "sealq keys create" in said.err
