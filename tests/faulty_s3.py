"""An S3 server that answers badly for a while: a proxy before the tests' own."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

#: In place of a status: no answer comes.
HANGS = -1

#: What S3 says with these codes (its API reference, "Error responses").
ERRORS = {
    500: "InternalError",
    503: "SlowDown",
    403: "AccessDenied",
}


class FaultySettings:
    """How many times each path is answered badly, and how."""

    def __init__(self) -> None:
        #: Statuses of the first answers to each method and path; 0: the body is cut short; `HANGS`.
        self.first: tuple[int, ...] = ()
        #: Whether no object may be written.
        self.refuses_writing = False
        self.asked: Counter[tuple[str, str]] = Counter()
        self.bad_answers = 0
        self.lock = threading.Lock()
        #: Set in the end: who waits for an answer goes.
        self.over = threading.Event()

    def answer_to(self, method: str, path: str) -> int | None:
        """Return the status of the bad answer that is due; None: a good one."""
        with self.lock:
            number = self.asked[method, path]
            self.asked[method, path] += 1
            bad = 403 if self.refuses_writing and method == "PUT" else None
            if bad is None and number < len(self.first):
                bad = self.first[number]
            self.bad_answers += bad is not None
        if bad == HANGS:
            self.over.wait()
            return 503
        return bad


@contextmanager
def faulty_s3(endpoint: str) -> Iterator[tuple[str, FaultySettings]]:
    """Run the proxy for the time of the `with` block; give its URL and what can be set."""
    faults = FaultySettings()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            bad = faults.answer_to(self.command, urlsplit(self.path).path)
            if bad:
                text = f"<Error><Code>{ERRORS[bad]}</Code><Message>no</Message></Error>"
                self._send(bad, {}, text.encode())
                return
            status, headers, content = self._ask(body)
            if bad == 0 and self.command == "GET" and content:
                self._send(status, headers, content, shown=len(content) // 2)
                self.close_connection = True
                return
            self._send(status, headers, content)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _answer  # noqa: N815 (http.server's names)

        def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            connection = http.client.HTTPConnection(urlsplit(endpoint).netloc)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return answer.status, dict(answer.headers), content

        def _send(
            self, status: int, headers: dict[str, str], content: bytes, shown: int | None = None
        ) -> None:
            self.send_response_only(status)
            length = headers.get("Content-Length", str(len(content)))
            for name, value in {**headers, "Content-Length": length}.items():
                if name not in {"Transfer-Encoding", "Connection"}:
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content[:shown])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", faults
    finally:
        faults.over.set()
        server.shutdown()
        server.server_close()
