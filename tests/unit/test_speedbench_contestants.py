"""How contestants are run and understood: the real thing is too slow for a test."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rows import finish_page, migrated, new_job, new_pages, new_reading, save_reading

from sealq_storage.pages import claim_pages
from speedbench.pages import Cell, PageFolder
from speedbench.printing import PrintingCommand
from speedbench.sealq_command import read_pages
from speedbench.serving import Service
from speedbench.speeds import cpu_seconds, peak_rss
from speedbench.usage import Watch
from speedbench.values import NotMeasuredError, PageName, Seal

RESULT = {
    "layout_det_res": {"boxes": [{"label": "seal", "coordinate": [1, 2, 3, 4]}]},
    "seal_res_list": [{"rec_texts": ["某某有限公司"]}],
}
ANSWER = (Seal((1.0, 2.0, 3.0, 4.0), ("某某有限公司",)),)

#: Answers as PaddleX's service does: two pages for a PDF, one for an image, an error for `bad`.
SERVICE = f"""#!{sys.executable}
import base64, json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if base64.b64decode(sent["file"]) == b"bad":
            self.answer(422, b"Invalid input file")
        pages = {{0: 2, 1: 1}}[sent["fileType"]]
        results = [{{"prunedResult": {RESULT!r}}}] * pages
        self.answer(200, json.dumps({{"result": {{"sealRecResults": results}}}}).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

port = int(sys.argv[sys.argv.index("--port") + 1])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def folder(tmp_path: Path) -> PageFolder:
    """A PDF and an image, both of two and one pages for what answers here."""
    cell = Cell(10, "images", 3)
    (tmp_path / "pages" / cell.name).mkdir(parents=True)
    for name in ("0000.pdf", "0001.jpg"):
        (tmp_path / "pages" / cell.name / name).write_bytes(b"good")
    return PageFolder(tmp_path / "pages", (cell,))


def test_printed_pages_of_a_file_are_numbered_in_their_order(folder: PageFolder) -> None:
    line = "{'res': {'input_path': '%s/010-images/%s', 'seal_res_list': []}}\\n"
    names = ("0000.pdf", "0000.pdf", "0001.jpg")
    text = "".join(line % (folder.path, name) for name in names)
    measured = PrintingCommand("paddlex", ("/usr/bin/printf", text)).read(folder)
    assert set(measured.finished) == {
        PageName("010-images/0000.pdf", 1),
        PageName("010-images/0000.pdf", 2),
        PageName("010-images/0001.jpg", 1),
    }
    assert measured.started is not None
    assert all(measured.started <= at for at in measured.finished.values())


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program in the place of PaddleX's."""
    path = tmp_path / "paddlex"
    path.write_text(SERVICE)
    path.chmod(0o755)
    return path


def test_a_service_is_sent_all_documents_and_its_answers_are_pages(
    folder: PageFolder, program: Path
) -> None:
    measured = Service("service-4", program, Path("pipeline.yaml"), clients=4).read(folder)
    assert measured.answers == {
        PageName("010-images/0000.pdf", 1): ANSWER,
        PageName("010-images/0000.pdf", 2): ANSWER,
        PageName("010-images/0001.jpg", 1): ANSWER,
    }


def test_an_error_of_the_service_is_named(folder: PageFolder, program: Path) -> None:
    (folder.path / "010-images" / "0001.jpg").write_bytes(b"bad")
    with pytest.raises(NotMeasuredError, match=r"422 to 0001\.jpg.*Invalid input file"):
        Service("service-1", program, Path("pipeline.yaml"), clients=1).read(folder)


def test_pages_of_sealq_come_from_its_tables_and_objects(tmp_path: Path) -> None:
    source, elsewhere = tmp_path / "pages" / "010-images" / "0000.jpg", tmp_path / "warm.jpg"
    reading = tmp_path / "objects" / "readings" / "1" / "reading.json"
    reading.parent.mkdir(parents=True)
    reading.write_text(json.dumps({"res": RESULT}))
    with migrated(f"sqlite:///{tmp_path / 'sealq.db'}") as sessions:
        job = new_job(sessions)
        for path in (source, elsewhere):
            (page,) = new_pages(sessions, job, str(path))
            with sessions.begin() as session:
                claim_pages(session, [page], "worker", 60)
                finish_page(session, page, "worker", save_reading(session, new_reading()))
    (found,) = read_pages(tmp_path, tmp_path / "pages")
    assert (found.name, found.answer) == (PageName("010-images/0000.jpg", 1), ANSWER)
    assert abs(found.finished - datetime.now(UTC).timestamp()) < 60


def test_a_watch_counts_children_and_theirs_even_when_they_have_ended() -> None:
    spin = "import time\nwhile time.process_time() < 0.3: pass"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {spin!r}])"
    with Watch() as watch:
        subprocess.run([sys.executable, "-c", nested], check=True)
    first, last = watch.samples[0], watch.samples[-1]
    assert cpu_seconds(watch.samples, first.at, last.at) >= 0.3
    assert peak_rss(watch.samples) > 0
