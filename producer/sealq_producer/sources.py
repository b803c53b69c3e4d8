"""A source: one input file as discovery found it; and the account of what it passed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sealq_configs.errors import WrongUseError
from sealq_configs.text import printable
from sealq_producer.errors import ProducerError

#: Suffixes, in lower case, of files that hold other files. They are named apart from what is no
#: document: invoices may lie in them.
ARCHIVE_SUFFIXES = frozenset(
    {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".cab"}
    | {".eml", ".msg", ".mbox", ".pst", ".iso"}
)

#: Names kept per reason, so that a million skipped files do not fill the memory.
EXAMPLES_PER_REASON = 5


class SourceRefusedError(ProducerError, WrongUseError):
    """This is not taken as input."""


@dataclass(frozen=True)
class WalkLimits:
    """How far one folder or S3 prefix is walked."""

    #: Files and folders, documents or not; one more ends the submit.
    max_files: int
    #: Folders between the one that was named and a file; what lies deeper is passed over.
    max_depth: int

    def check_files(self, count: int, where: str) -> None:
        """Refuse a folder with too many files.

        Raises:
            SourceRefusedError: Names the folder, the limit and the remedy.
        """
        if count > self.max_files:
            raise SourceRefusedError(
                f"{printable(where)} holds more than {self.max_files:,} files and folders. Name "
                "folders below it, or raise SEALQ_MAX_FOLDER_FILES; a job that was begun goes on "
                "under the same --client-token."
            )


@dataclass(frozen=True)
class Source:
    """One input file: either a local `path` or an S3 `url`, or what is `refused`."""

    #: As shown in results: the path as the user would write it, or the `s3://` URL; printable.
    name: str
    #: Local file, absolute; None for S3.
    path: Path | None = None
    #: Bytes; None where nobody has looked.
    size: int | None = None
    #: The exact `s3://` URL; None for a local file.
    url: str | None = None
    #: Why it is not taken; it becomes a failed document with this sentence.
    refused: str | None = None


class SkipReason(StrEnum):
    """Why discovery passed something over."""

    NOT_A_DOCUMENT = "not a document"
    ARCHIVE = "archive or mail: unpack it"
    HIDDEN = "hidden"
    OWN = "what sealq keeps"
    SYMBOLIC_LINK = "symbolic link"
    SPECIAL_FILE = "special file"
    EXCLUDED = "excluded"
    NOT_INCLUDED = "not included"
    TOO_DEEP = "folder deeper than SEALQ_MAX_FOLDER_DEPTH"
    UNLISTABLE = "folder that can't be listed"
    UNREADABLE = "file that can't be looked at"
    EMPTY_PREFIX = "S3 prefix without objects"


@dataclass
class Skipped:
    """What was passed over: how many by reason, and the first few names of each."""

    counts: Counter[SkipReason] = field(default_factory=Counter)
    examples: dict[SkipReason, list[str]] = field(default_factory=dict)

    def add(self, reason: SkipReason, name: str) -> None:
        """Count one; the name is kept while there are few."""
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES_PER_REASON:
            examples.append(printable(name))
