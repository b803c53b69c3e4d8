"""Keep Python's signal handlers when a library takes them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: The signals by which a worker is told to stop.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


@contextmanager
def keeping_stop_signals() -> Iterator[None]:
    """Put the handlers of the stop signals back at the end of the `with` block.

    paddlepaddle installs handlers below Python's back when it is imported: SIGTERM then kills a
    worker in the middle of a page instead of letting it finish (seen with 3.2.2).
    """
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                # Python still holds its own handler; setting it again makes the system know it.
                signal.signal(number, signal.getsignal(number))
