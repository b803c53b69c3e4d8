"""Calls that the service makes by itself go nowhere but where the settings let them."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sealq_web.calls import CallFailedError, CallRefusedError, Calls
from sealq_web.errors import TooLargeError

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Run a server; yield `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def resolve_to(patch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name be these addresses."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in addresses]
    patch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_by_default_nothing_is_called() -> None:
    with pytest.raises(CallRefusedError, match="SEALQ_WEB_CALL_HOSTS"):
        Calls([], []).check("https://example.com/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # the metadata service of clouds
        "100.64.0.1",  # carriers' own
        "0.0.0.0",  # noqa: S104 (nothing is bound)
        "224.0.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.1.2.3",  # IPv4 within IPv6, in its forms
        "64:ff9b::10.1.2.3",
        "2002:0a01:0203::1",
    ],
)
def test_an_allowed_name_that_is_no_public_address_is_not_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve_to(monkeypatch, address)
    with pytest.raises(CallRefusedError, match="no public address"):
        Calls(["*"], []).check("https://files.example/")


def test_one_public_address_beside_a_private_one_is_not_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve_to(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(CallRefusedError, match=r"10\.0\.0\.1"):
        Calls(["*"], []).check("https://files.example/")


def test_a_private_network_is_called_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "10.1.2.3")
    Calls(["*"], [ipaddress.ip_network("10.1.0.0/16")]).check("https://files.example/")


@pytest.mark.parametrize(
    ("hosts", "url", "allowed"),
    [
        (["a.example"], "https://a.example/x", True),
        (["a.example"], "https://A.EXAMPLE./x", True),
        (["a.example"], "https://b.a.example/", False),
        (["a.example"], "https://a.example:8443/", False),  # only where the port is named
        (["a.example:8443"], "https://a.example:8443/", True),
        (["*.a.example"], "https://b.a.example/", True),
        (["*.a.example"], "https://a.example/", False),
        (["*.a.example"], "https://evila.example/", False),
        (["*"], "http://b.example/", True),
        (["*"], "http://b.example:6379/", False),
        (["*"], "ftp://b.example/", False),
        (["*"], "file:///etc/passwd", False),
        (["*"], "http://user:word@b.example/", False),
        (["*"], "http://b.example:99999/", False),
        (["*"], "http://b.example/a b", False),
        (["*"], "http://b.example/a\r\nX: y", False),
        (["*"], "http://", False),
    ],
)
def test_only_hosts_on_the_list_are_called(
    monkeypatch: pytest.MonkeyPatch, hosts: list[str], url: str, *, allowed: bool
) -> None:
    resolve_to(monkeypatch, "93.184.216.34")
    if allowed:
        Calls(hosts, []).check(url)
    else:
        with pytest.raises(CallRefusedError):
            Calls(hosts, []).check(url)


def test_a_name_is_resolved_once_and_the_checked_address_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another answer a moment later changes nothing."""
    asked: list[str] = []

    def seen(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers["Host"])
        reply(handler, 200, b"whole")

    with answering(seen) as place:
        port = place.partition(":")[2]
        answers = iter([["127.0.0.1"], ["169.254.169.254"]])

        def resolve(*_: object, **__: object) -> Any:
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in next(answers)
            ]

        with monkeypatch.context() as patch:
            real = socket.getaddrinfo
            patch.setattr(
                socket,
                "getaddrinfo",
                lambda host, *rest, **more: (
                    resolve() if host == "files.example" else real(host, *rest, **more)
                ),
            )
            calls = Calls([f"files.example:{port}"], [LOOPBACK])
            assert calls.get(f"http://files.example:{port}/x", 100) == b"whole"
    assert asked == [f"files.example:{port}"]


def test_a_redirect_is_checked_like_a_call() -> None:
    with answering(lambda it: reply(it, 302, Location="http://169.254.169.254/")) as place:
        calls = Calls([place], [LOOPBACK])
        with pytest.raises(CallRefusedError, match=r"169\.254"):
            calls.get(f"http://{place}/", 100)


def test_redirects_within_what_is_allowed_are_followed_a_few_times() -> None:
    def step(handler: BaseHTTPRequestHandler) -> None:
        number = int(handler.path.strip("/"))
        if number == 0:
            reply(handler, 200, b"there")
        else:
            reply(handler, 302, Location=f"/{number - 1}")

    with answering(step) as place:
        calls = Calls([place], [LOOPBACK])
        assert calls.get(f"http://{place}/3", 100) == b"there"
        with pytest.raises(CallFailedError, match="more than 3 times"):
            calls.get(f"http://{place}/4", 100)


def test_a_file_is_fetched_up_to_its_limit() -> None:
    with answering(lambda it: reply(it, 200, b"x" * 100)) as place:
        calls = Calls([place], [LOOPBACK])
        assert len(calls.get(f"http://{place}/", 100)) == 100
        with pytest.raises(TooLargeError):
            calls.get(f"http://{place}/", 99)


def test_an_address_that_does_not_answer_as_it_should_is_named(free_port: int) -> None:
    calls = Calls([f"127.0.0.1:{free_port}"], [LOOPBACK])
    with pytest.raises(CallFailedError, match="does not answer"):
        calls.get(f"http://127.0.0.1:{free_port}/a?token=secret", 100)
    with answering(lambda it: reply(it, 404)) as place:
        calls = Calls([place], [LOOPBACK])
        with pytest.raises(CallFailedError, match="status 404") as caught:
            calls.get(f"http://{place}/a?token=secret", 100)
    assert "secret" not in str(caught.value)


def test_a_message_arrives_only_with_a_status_of_success() -> None:
    with answering(lambda it: reply(it, int(it.path.strip("/")))) as place:
        calls = Calls([place], [LOOPBACK])
        calls.post(f"http://{place}/204", b"{}", {})
        for status in (302, 404, 500):
            with pytest.raises(CallFailedError, match=str(status)):
                calls.post(f"http://{place}/{status}", b"{}", {})
