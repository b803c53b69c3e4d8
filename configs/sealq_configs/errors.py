"""The base of all that sealq raises on purpose, and the exit code each kind ends a command with."""

from __future__ import annotations

import inspect

from sealq_configs.text import without_passwords


class SealqError(Exception):
    """sealq could not do what was asked."""

    #: Exit code of a command that ends with this error.
    exit_code = 1

    def __init__(self, message: str | None = None) -> None:
        # Messages repeat what libraries and users wrote: URLs with their passwords among it.
        super().__init__(without_passwords(message or inspect.getdoc(type(self)) or ""))


class WrongUseError(SealqError):
    """The command or its options do not fit together."""

    exit_code = 2


class StackUnreachableError(SealqError):
    """A part of the stack can't be reached. `sealq doctor` says which, and what to do."""

    exit_code = 3


class SettingsError(WrongUseError):
    """A setting has a value that can't be used."""


class PresetError(WrongUseError):
    """A preset or pipeline file can't be used."""


class ParameterError(WrongUseError):
    """A pipeline parameter is unknown or has a wrong value."""


class ModelError(SealqError):
    """A model is not here and can't be had."""
