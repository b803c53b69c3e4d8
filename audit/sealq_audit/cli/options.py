"""Options that commands of this part share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import click

from sealq_configs.settings import LoadedSettings
from sealq_storage.verdicts import Verdict

F = TypeVar("F", bound=Callable[..., Any])

pass_settings = click.make_pass_decorator(LoadedSettings)

#: Exit code of a command that found what `--fail-on` names.
FOUND = 1
#: Every verdict but `ok`.
EXCEPTIONS = tuple(verdict for verdict in Verdict if verdict is not Verdict.OK)


def names_option(flag: str, *known: StrEnum, help_: str) -> Callable[[F], F]:
    """Return an option that takes names with commas between; `any` stands for all of them.

    Args:
        flag: As it is written.
        known: Names that it takes.
        help_: What it does.
    """
    meant = {each.value: each for each in known}

    def parsed(ctx: click.Context, param: click.Parameter, value: str) -> Sequence[StrEnum]:
        names = [name.strip() for name in value.split(",") if name.strip()]
        unknown = [name for name in names if name not in {*meant, "any"}]
        if unknown:
            raise click.BadParameter(
                f"{unknown[0]!r} is none of {', '.join([*meant, 'any'])}.", ctx, param
            )
        return tuple(each for name, each in meant.items() if name in names or "any" in names)

    return click.option(flag, default="", metavar="NAME,...", callback=parsed, help=help_)


def exit_on(found: Collection[str], wanted: Collection[str]) -> None:
    """End the command with `FOUND` where something was found that `--fail-on` names."""
    if set(found) & set(wanted):
        click.get_current_context().exit(FOUND)
