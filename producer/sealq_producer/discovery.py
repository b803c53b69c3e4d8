"""What the user names becomes a stream of sources; a million of them are never held at once."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from sealq_configs.text import printable, without_passwords
from sealq_producer.errors import SourceListError, SourceNotFoundError
from sealq_producer.folder_walk import FolderWalk
from sealq_producer.globs import Globs
from sealq_producer.s3_listing import S3Listing
from sealq_producer.sources import Skipped, SkipReason, Source, SourceRefusedError, WalkLimits
from sealq_storage.locations import split_s3_url

__all__ = ["SkipReason", "Skipped", "Source", "WalkLimits", "discover"]

#: The argument that stands for a list on standard input.
_LIST = "-"

#: Bytes, line end included, that no line reaches: Linux opens no path over 4095 bytes.
_LINE_BYTES = 4098

#: Names in one message.
_NAMED_AT_MOST = 5

#: The limits of a walk that nobody limits.
_UNLIMITED = WalkLimits(max_files=sys.maxsize - 1, max_depth=sys.maxsize)

#: A URL. Those of S3 are told apart before.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def discover(
    arguments: Iterable[str],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    stdin: TextIO | None = None,
    s3_endpoint_url: str | None = None,
    limits: WalkLimits = _UNLIMITED,
    skipped: Skipped,
) -> Iterator[Source]:
    """Check at once that all arguments are there, and return the stream of their sources.

    A file is taken whatever it is. A folder gives the documents below it, known by content or
    suffix; `s3://bucket/prefix/` gives those below it, known by suffix. `-` reads such names from
    a list, one per line; what such a line names and is not there is a source all the same, so that
    it ends as a failed document with its reason.

    Args:
        arguments: Paths, `s3://` URLs, or `-`.
        include: Globs of the files that are wanted below folders and prefixes; none: all.
        exclude: Globs of files and folders that are not; they win.
        stdin: Where `-` reads; default: standard input.
        s3_endpoint_url: Where S3 answers; None for the S3 client's own default.
        limits: Of each folder and prefix.
        skipped: Takes account of what is passed over, while the stream is read.

    Raises:
        SourceNotFoundError: An argument is not there; names it.
        SourceRefusedError: An argument is a web address, or (while the stream is read) a folder
            holds too many files; names the remedy.
        SourceListError: The list is no list of lines (while the stream is read).
        ObjectStoreError: S3 can't be used; names the remedy (also while the stream is read).
    """
    named = tuple(arguments)
    globs = Globs(include, exclude)
    discovery = _Discovery(
        FolderWalk(globs, skipped, limits), S3Listing(s3_endpoint_url, globs, skipped, limits)
    )
    discovery.check(named)
    return discovery.sources(named, sys.stdin if stdin is None else stdin)


class _Discovery:
    def __init__(self, folders: FolderWalk, s3: S3Listing) -> None:
        self._folders = folders
        self._s3 = s3

    def check(self, arguments: Sequence[str]) -> None:
        for name in arguments:
            if _is_foreign_url(name):
                raise SourceRefusedError(f"{_why_refused(name)} Nothing was submitted.")
        missing = [name for name in arguments if name != _LIST and not self._is_there(name)]
        if not missing:
            return
        names = ", ".join(printable(name) or "an empty name" for name in missing[:_NAMED_AT_MOST])
        more = f" and {len(missing) - _NAMED_AT_MOST} more" if missing[_NAMED_AT_MOST:] else ""
        raise SourceNotFoundError(
            f"Not there: {names}{more}. Nothing was submitted. Check the spelling; what lies in S3 "
            "is written s3://bucket/key, all below a prefix s3://bucket/prefix/."
        )

    def sources(self, arguments: Sequence[str], stdin: TextIO) -> Iterator[Source]:
        for argument in arguments:
            for name in _lines(stdin) if argument == _LIST else (argument,):
                yield from self._named(name)

    def _is_there(self, name: str) -> bool:
        if s3 := split_s3_url(name):
            return self._s3.has(*s3)
        try:
            Path(name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (OSError, ValueError):
            # It may be there behind a folder that can't be entered: intake tells the reason.
            return True
        return bool(name)  # the empty path would be the current folder

    def _named(self, name: str) -> Iterator[Source]:
        if s3 := split_s3_url(name):
            return self._s3.sources(*s3)
        if _is_foreign_url(name):
            shown = printable(without_passwords(name))
            return iter([Source(shown, refused=_why_refused(name))])
        path = Path(name)
        found = _stat(path)
        if found is not None and stat.S_ISDIR(found.st_mode):
            return self._folders.sources(path)
        size = None if found is None else found.st_size
        return iter([Source(printable(str(path)), path.absolute(), size)])


def _is_foreign_url(name: str) -> bool:
    return _URL.match(name) is not None and not name.startswith("s3://")


def _why_refused(name: str) -> str:
    return (
        f"{printable(without_passwords(name))} is not taken: sealq fetches nothing by such an "
        "address. Download it and name the file, or put it into S3 and name s3://bucket/key."
    )


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):  # ValueError: a NUL byte in the name
        return None


def _lines(stdin: TextIO) -> Iterator[str]:
    # Bytes where they can be had: a name need be no text, and may hold a carriage return.
    stream = getattr(stdin, "buffer", stdin)
    while line := stream.readline(_LINE_BYTES):
        if len(line) == _LINE_BYTES:
            raise SourceListError(
                "Standard input: a line is longer than any path. Give one name per line, each "
                "ended by a newline (`find -print`, not `-print0`)."
            )
        name = os.fsdecode(line).removesuffix("\n").removesuffix("\r")
        if name.strip():
            yield name
