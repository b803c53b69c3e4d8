"""What audits raise."""

from __future__ import annotations

from sealq_configs.errors import WrongUseError


class RulesError(WrongUseError):
    """The rules can't be used."""


class ExpectationError(WrongUseError):
    """The expectation file can't be used."""
