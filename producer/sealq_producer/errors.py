"""What the producer raises."""

from __future__ import annotations

from sealq_configs.errors import SealqError, StackUnreachableError, WrongUseError


class ProducerError(SealqError):
    """The producer could not do what was asked."""


class SourceNotFoundError(ProducerError, WrongUseError):
    """What was named is not there. Check the spelling."""


class SourceListError(ProducerError, WrongUseError):
    """The list on standard input can't be read. Give one name per line, each ended by a newline."""


class UnreadableSourceError(ProducerError):
    """A source can't be read."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        #: Short and stable: the error code of the failed document.
        self.code = code


class TemporaryFolderError(ProducerError):
    """The temporary folder can't be used. Set TMPDIR to a folder with space."""


class MissingCommandError(ProducerError, WrongUseError):
    """The command's packages are not installed."""


class WorkerMissingError(ProducerError, WrongUseError):
    """The worker's packages are not installed."""


class LocalStackError(ProducerError, StackUnreachableError):
    """What `sealq run` starts did not start or did not stay."""
