"""The documents below a folder, one at a time, in an order that is the same on every run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sealq_configs.settings import HOME_DATABASE
from sealq_configs.text import printable
from sealq_producer.globs import Globs
from sealq_producer.sources import ARCHIVE_SUFFIXES, Skipped, SkipReason, Source, WalkLimits
from sealq_storage.media import DOCUMENT_SUFFIXES, SNIFF_BYTES, sniff


class FolderWalk:
    """Walks folders depth first, by name. Links are not followed: a walk always ends."""

    def __init__(self, globs: Globs, skipped: Skipped, limits: WalkLimits) -> None:
        self._globs = globs
        self._skipped = skipped
        self._limits = limits
        #: Entries of the folders listed so far, of the walk at hand.
        self._listed = 0

    def sources(self, folder: Path) -> Iterator[Source]:
        """Yield the documents below a folder; what is passed over is counted.

        Raises:
            SourceRefusedError: It holds too many files.
        """
        top = folder.absolute()
        self._listed = 0
        # A stack, for folders may nest deeper than Python calls.
        listings = [self._listing(folder, "")]
        while listings:
            relative = next(listings[-1], None)
            if relative is None:
                listings.pop()
            elif (found := self._look(folder / relative, relative)) is None:
                continue
            elif stat.S_ISDIR(found.st_mode):
                listings.append(self._listing(folder, relative))
            else:
                name = printable(str(folder / relative))
                yield Source(name, top / relative, found.st_size)

    def _listing(self, top: Path, relative: str) -> Iterator[str]:
        """Return the paths in one folder, relative to the top."""
        folder = top / relative
        try:
            # Only the names are kept for sorting: a folder may hold a million files.
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in islice(entries, self._room() + 1))
        except OSError as exc:
            self._skipped.add(SkipReason.UNLISTABLE, f"{folder} ({exc.strerror})")
            return iter(())
        self._listed += len(names)
        self._limits.check_files(self._listed, str(top))
        return (f"{relative}/{name}" if relative else name for name in names)

    def _room(self) -> int:
        return self._limits.max_files - self._listed

    def _look(self, path: Path, relative: str) -> os.stat_result | None:
        """Return what stands at the path; None where it is passed over, which is counted."""
        try:
            found = path.lstat()
            reason = self._reason_by_name(path.name, relative)
            reason = reason or self._reason_by_kind(path, relative, found.st_mode)
        except OSError as exc:
            self._skipped.add(SkipReason.UNREADABLE, f"{path} ({exc.strerror})")
            return None
        if reason is None:
            return found
        self._skipped.add(reason, str(path))
        return None

    def _reason_by_name(self, name: str, relative: str) -> SkipReason | None:
        if name.startswith("."):
            return SkipReason.HIDDEN
        return SkipReason.EXCLUDED if self._globs.excludes(relative) else None

    def _reason_by_kind(self, path: Path, relative: str, mode: int) -> SkipReason | None:
        if stat.S_ISDIR(mode):
            if _is_home(path):
                return SkipReason.OWN
            return SkipReason.TOO_DEEP if self._is_too_deep(relative) else None
        if stat.S_ISLNK(mode):
            return SkipReason.SYMBOLIC_LINK
        if not stat.S_ISREG(mode):
            return SkipReason.SPECIAL_FILE
        return self._reason_by_content(path, relative)

    def _reason_by_content(self, path: Path, relative: str) -> SkipReason | None:
        if not self._globs.includes(relative):
            return SkipReason.NOT_INCLUDED
        if _is_database(path.name):
            return SkipReason.OWN
        if _is_document(path):
            return None
        holds_files = path.suffix.lower() in ARCHIVE_SUFFIXES
        return SkipReason.ARCHIVE if holds_files else SkipReason.NOT_A_DOCUMENT

    def _is_too_deep(self, relative: str) -> bool:
        return relative.count("/") >= self._limits.max_depth


def _is_home(folder: Path) -> bool:
    """Whether a folder holds what sealq keeps."""
    try:
        return (folder / HOME_DATABASE).is_file()
    except OSError:
        return False  # it can't be listed, either


def _is_database(name: str) -> bool:
    """Whether a file is sealq's SQLite database or belongs to it.

    Such a file must not be opened here, not even to be looked at: when it is closed, this process
    loses its lock on the database, and another may take away the log that it goes on reading.
    """
    return name == HOME_DATABASE or name.startswith(f"{HOME_DATABASE}-")


def _is_document(path: Path) -> bool:
    if path.suffix.lower() in DOCUMENT_SUFFIXES:
        return True
    with path.open("rb") as file:
        return sniff(file.read(SNIFF_BYTES)) is not None
