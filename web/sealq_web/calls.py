"""Calls that the service makes by itself: files by URL, webhooks. Only where the settings let it.

A host must be on the list. Its name is resolved once, every address must be public or in a network
that the settings name, and the connection goes to the address that was checked: a name that points
elsewhere a moment later changes nothing. A redirect is another call, with the same checks.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from sealq_configs.settings import Settings
from sealq_configs.text import printable, without_passwords
from sealq_web.errors import ServiceError, TooLargeError, UnusableError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Seconds until a connection stands, and for each silence after that.
CONNECT_SECONDS, SILENT_SECONDS = 5.0, 10.0
#: Seconds that a whole call may take.
CALL_SECONDS = 60.0
_REDIRECTS = 3
_BLOCK_BYTES = 1 << 16
_PORTS = {"http": 80, "https": 443}
#: Bytes of an answer to a webhook that are read before the connection is closed.
_ANSWER_BYTES = 1 << 16

#: IPv6 networks in which an IPv4 address hides: translated or tunnelled, it may be a private one.
_HIDING = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)


class CallRefusedError(UnusableError):
    """The service may not call this address."""


class CallFailedError(ServiceError):
    """The address does not answer as it should."""

    status = UnusableError.status


@dataclass(frozen=True)
class _Target:
    """A URL, and the address behind it that was found harmless."""

    url: SplitResult
    host: str
    port: int
    address: str

    @property
    def path(self) -> str:
        """What is asked for."""
        query = f"?{self.url.query}" if self.url.query else ""
        return (self.url.path or "/") + query


class Calls:
    """Makes calls under the rules of the settings. Threads may share it."""

    def __init__(self, hosts: Sequence[str], networks: Sequence[Network]) -> None:
        self._hosts = tuple(host.lower() for host in hosts)
        self._networks = tuple(networks)

    @classmethod
    def of(cls, settings: Settings) -> Calls:
        """Return calls under these settings."""
        return cls(settings.web_call_hosts, settings.web_call_networks)

    def check(self, url: str) -> None:
        """Check an address without calling it: its form, its host, where that is now.

        Raises:
            CallRefusedError: Says why.
        """
        self._target(url)

    def get(self, url: str, max_bytes: int) -> bytes:
        """Fetch what lies at an address, redirects followed.

        Raises:
            CallRefusedError: It, or where it leads, may not be called.
            CallFailedError: It does not answer, or not with a file.
            TooLargeError: It has more bytes than allowed.
        """
        deadline = time.monotonic() + CALL_SECONDS
        for _ in range(_REDIRECTS + 1):
            target = self._target(url)
            with _calling(target, deadline), _open(target, "GET") as response:
                moved = response.get_redirect_location()
                if not moved:
                    return _body(response, url, max_bytes, deadline)
            url = urljoin(url, moved)
        raise CallFailedError(f"{_shown(url)}: leads on more than {_REDIRECTS} times.")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send bytes to an address; a redirect is an error.

        Raises:
            CallRefusedError: It may not be called.
            CallFailedError: It does not answer with a status of success.
        """
        target = self._target(url)
        deadline = time.monotonic() + CALL_SECONDS
        with _calling(target, deadline), _open(target, "POST", body, headers) as response:
            response.read(_ANSWER_BYTES)
            if not 200 <= response.status < 300:  # noqa: PLR2004
                raise CallFailedError(f"{_shown(url)}: answered with status {response.status}.")

    def _target(self, url: str) -> _Target:
        parts, host, port = _split(url)
        self._check_host(url, host, port, _PORTS[parts.scheme])
        addresses = _resolve(url, host, port)
        for address in addresses:
            if not self._may_be_called(address):
                _refuse(
                    url,
                    f"{host} is {address}, which is no public address. Name its network in "
                    "SEALQ_WEB_CALL_NETWORKS if it shall be called",
                )
        return _Target(parts, host, port, str(addresses[0]))

    def _check_host(self, url: str, host: str, port: int, usual_port: int) -> None:
        named = {f"{host}:{port}", *([host] if port == usual_port else [])}
        for pattern in self._hosts:
            if pattern in named or (pattern == "*" and port == usual_port):
                return
            if pattern.startswith("*.") and any(name.endswith(pattern[1:]) for name in named):
                return
        _refuse(
            url,
            f"{host} (port {port}) is not among the hosts that may be called "
            "(SEALQ_WEB_CALL_HOSTS; by default there are none). Send the file itself",
        )

    def _may_be_called(self, address: Address) -> bool:
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        real: Address = mapped or address
        if any(real in network for network in self._networks):
            return True
        hides = any(real in network for network in _HIDING)
        return real.is_global and not real.is_multicast and not hides


class _calling:  # noqa: N801  (used like a function)
    """Turns what the connection raises into one error that names the address."""

    def __init__(self, target: _Target, deadline: float) -> None:
        self._shown = _shown(target.url.geturl())
        self._deadline = deadline

    def __enter__(self) -> None:
        if time.monotonic() > self._deadline:
            raise CallFailedError(f"{self._shown}: took longer than {CALL_SECONDS:.0f} s.")

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        if isinstance(exc, HTTPError | OSError):
            raise CallFailedError(f"{self._shown}: does not answer ({exc}).") from exc


class _open:  # noqa: N801  (used like a function)
    """A connection to the address that was checked, under the name that was asked for."""

    def __init__(
        self,
        target: _Target,
        method: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._pool = _pool(target)
        name = f"[{target.host}]" if ":" in target.host else target.host
        shown = name if target.port == _PORTS[target.url.scheme] else f"{name}:{target.port}"
        self._send = partial(
            self._pool.urlopen,
            method,
            target.path,
            body=body,
            headers={"Host": shown, "User-Agent": "sealq", **(headers or {})},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
        )

    def __enter__(self) -> urllib3.BaseHTTPResponse:
        self._response = self._send()
        return self._response

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._pool.close()


def _pool(target: _Target) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=SILENT_SECONDS)
    if target.url.scheme == "http":
        return urllib3.HTTPConnectionPool(target.address, target.port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        target.address,
        target.port,
        timeout=timeout,
        server_hostname=target.host,
        assert_hostname=target.host,
    )


def _split(url: str) -> tuple[SplitResult, str, int]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as exc:
        _refuse(url, f"it is no URL ({exc})")
    if parts.scheme not in _PORTS or not host or not url.isprintable() or " " in url:
        _refuse(url, "it is no http:// or https:// address")
    if parts.username is not None:
        _refuse(url, "names and passwords do not belong into an address")
    return parts, host.rstrip("."), _PORTS[parts.scheme] if port is None else port


def _resolve(url: str, host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise CallFailedError(f"{_shown(url)}: the name {host} is not known ({exc}).") from exc
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]


def _body(response: urllib3.BaseHTTPResponse, url: str, max_bytes: int, deadline: float) -> bytes:
    if response.status != 200:  # noqa: PLR2004
        raise CallFailedError(f"{_shown(url)}: answered with status {response.status}.")
    body = bytearray()
    for block in response.stream(_BLOCK_BYTES):
        body += block
        if len(body) > max_bytes:
            raise TooLargeError(f"{_shown(url)}: has more than the {max_bytes:,} bytes allowed.")
        if time.monotonic() > deadline:
            raise CallFailedError(f"{_shown(url)}: took longer than {CALL_SECONDS:.0f} s.")
    return bytes(body)


def _refuse(url: str, why: str) -> NoReturn:
    raise CallRefusedError(f"{_shown(url)} is not called: {why}.")


def _shown(url: str) -> str:
    return printable(without_passwords(url.partition("?")[0]))
