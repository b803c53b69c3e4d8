"""A library that takes the stop signals does not keep them."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from sealq_worker.signals import keeping_stop_signals


def take_signal_below_python(number: int) -> None:
    """Do as a C library does: Python is not told. The handler is SIG_IGN."""
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    libc.signal(number, 1)


@pytest.fixture
def received() -> Iterator[list[int]]:
    """Yield a list that Python's own SIGTERM handler fills."""
    numbers: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        del frame
        numbers.append(number)

    before = signal.signal(signal.SIGTERM, remember)
    yield numbers
    signal.signal(signal.SIGTERM, before)


def test_pythons_handler_gets_the_signal_after_a_library_took_it(received: list[int]) -> None:
    with keeping_stop_signals():
        take_signal_below_python(signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    assert received == [signal.SIGTERM]


def test_without_it_the_signal_is_lost(received: list[int]) -> None:
    take_signal_below_python(signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    assert received == []
