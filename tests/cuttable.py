"""A network between two ends that can be cut and healed: TCP connections through a thread.

Cut, it is silent, as a network is: what is sent does not arrive and no connection is closed. Healed
it goes on where it stopped, and what was sent meanwhile arrives late.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

#: Bytes that are carried at a time.
BLOCK = 1 << 16
#: Seconds between two looks whether it is cut or closed.
POLL_SECONDS = 0.05

#: Where a server listens: host and port, or the path of a socket.
Address = tuple[str, int] | str


class Cuttable:
    """Listens at a port of its own and carries each connection to a server."""

    def __init__(self, server: Address, host: str) -> None:
        self._server = server
        self._listener = socket.create_server((host, 0))
        self._whole = threading.Event()
        self._whole.set()
        self._closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def cut(self) -> None:
        """Let nothing through."""
        self._whole.clear()

    def heal(self) -> None:
        """Let everything through, what waited first."""
        self._whole.set()

    def close(self) -> None:
        """End all connections."""
        self._closed.set()
        self._whole.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            near,
            self._connect() as far,
            selectors.DefaultSelector() as ready,
        ):
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while not self._closed.is_set():
                for key, _ in ready.select(POLL_SECONDS):
                    data = key.fileobj.recv(BLOCK)  # type: ignore[union-attr]
                    self._whole.wait()
                    if not data:
                        return
                    key.data.sendall(data)

    def _connect(self) -> socket.socket:
        self._whole.wait()
        if isinstance(self._server, str):
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._server)
            return far
        return socket.create_connection(self._server)


@contextmanager
def cuttable(server: Address, host: str = "127.0.0.1") -> Iterator[Cuttable]:
    """Put a network before a server for the time of the `with` block.

    Args:
        server: Where it leads.
        host: An address of this machine, at which it listens.
    """
    network = Cuttable(server, host)
    try:
        yield network
    finally:
        network.close()


def address_of(url: str) -> tuple[str, int]:
    """Return host and port of a URL."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port
