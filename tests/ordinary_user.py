"""Permissions bind everybody but root, who runs tests in many containers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A user id that owns nothing.
_NOBODY = 65534


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Go on as somebody who is not root and, where root made the files, owns none."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that everybody may enter; pytest's own are closed to other users."""
    with tempfile.TemporaryDirectory(prefix="sealq-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
