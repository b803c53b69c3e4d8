"""Import PaddleX the way a server needs it: settled before the import, quiet, without the network.

PaddleX reads its environment variables once, when it is imported, and asks for its requirements by
distribution name. Call `import_paddlex` and nothing else.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from sealq_worker.quarter_turns import turned

#: What PaddleX requires by name, and the build of the same OpenCV that needs no libGL.
_WANTED = "opencv-contrib-python"
_HEADLESS = "opencv-contrib-python-headless"

#: scikit-learn brings scipy's statistics: a third of the time of PaddleX's import, which has names
#: of theirs for time series and tables.
_NOT_NEEDED = ("sklearn", "sklearn.preprocessing", "sklearn.cluster")

#: The module in which PaddleX turns pages: by a way that takes 20 times as long as ours.
_TURNER = "paddlex.inference.pipelines.doc_preprocessor.pipeline"


class _HeadlessOpenCv(importlib.metadata.DistributionFinder):
    """Answers for OpenCV's distribution with the headless build, when that is what is installed."""

    def find_spec(self, *_: object, **__: object) -> None:
        """Find no modules: this finder knows distributions only."""

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterator[importlib.metadata.Distribution]:
        """Yield the headless distribution under the full build's name."""
        if context is not None and context.name == _WANTED:
            yield importlib.metadata.distribution(_HEADLESS)


def import_paddlex(font: Path | None) -> ModuleType:
    """Import PaddleX, some seconds the first time.

    Args:
        font: Font for drawn text; PaddleX would fetch its own. None: pictures have none.
    """
    if "paddlex" in sys.modules:
        return sys.modules["paddlex"]
    _accept_headless_opencv()
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    os.environ["PADDLE_PDX_DISABLE_DEVICE_FALLBACK"] = "True"
    if font is not None:
        os.environ["PADDLE_PDX_LOCAL_FONT_FILE_PATH"] = str(font)
    logging.disable(logging.WARNING)  # its import speaks of the font, torch, and its updates
    try:
        with _placeholders():
            module = importlib.import_module("paddlex")
            importlib.import_module(_TURNER).rotate_image = turned  # type: ignore[attr-defined]
    finally:
        logging.disable(logging.NOTSET)
    logging.getLogger("paddlex").setLevel(logging.ERROR)
    return module


class _Placeholder(ModuleType):
    """A module that has every name, and nothing behind it."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


@contextmanager
def _placeholders() -> Iterator[None]:
    """Put placeholders where modules would be imported that no seal needs, for the `with` block."""
    names = [name for name in _NOT_NEEDED if name not in sys.modules]
    sys.modules.update({name: _Placeholder(name) for name in names})
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def _accept_headless_opencv() -> None:
    installed = {_WANTED: False, _HEADLESS: False}
    for name in installed:
        try:
            importlib.metadata.distribution(name)
            installed[name] = True
        except importlib.metadata.PackageNotFoundError:
            continue
    if installed[_HEADLESS] and not installed[_WANTED]:
        sys.meta_path.append(_HeadlessOpenCv())
