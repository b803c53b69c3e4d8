"""The command line. A command parses, calls and prints; each has its own file."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import click

from sealq_configs.errors import SealqError
from sealq_configs.logs import configure_logging
from sealq_configs.settings import load_settings
from sealq_producer.errors import MissingCommandError

#: Module of each command, imported when the command is called or listed.
COMMANDS = {
    "run": "run",
    "submit": "submit",
    "worker": "worker",
    "status": "status",
    "results": "results",
    "cancel": "jobs",
    "retry": "jobs",
    "resume": "jobs",
    "dead": "dead",
    "explain": "explain",
    "models": "models",
    "config": "config",
    "doctor": "doctor",
    "db": "db",
}

#: Under this name other parts of sealq say in the package's metadata which commands they bring: the
#: producer imports none of them.
PLUGINS = "sealq.commands"


class SealqGroup(click.Group):
    """Loads commands when they are needed, and turns errors into advice and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order a newcomer needs them."""
        del ctx
        return [*COMMANDS, *_plugins()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        command: click.Command
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"sealq_producer.cli.{COMMANDS[cmd_name]}")
            command = getattr(module, cmd_name)
            return command
        if cmd_name in _plugins():
            return _load(_plugins()[cmd_name])
        return None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what sealq raises on purpose ends with its message and exit code."""
        try:
            with _missing_libraries_named(ctx):
                return super().invoke(ctx)
        except SealqError as exc:
            click.echo(f"sealq: {exc}", err=True)
            ctx.exit(exc.exit_code)


@cache
def _plugins() -> dict[str, EntryPoint]:
    return {plugin.name: plugin for plugin in entry_points(group=PLUGINS)}


def _load(plugin: EntryPoint) -> click.Command:
    """Import a command; where its libraries are missing, return one that says how to get them."""
    try:
        command: click.Command = plugin.load()
    except ModuleNotFoundError as exc:
        return _stand_in(
            plugin.name, _missing(plugin, exc), help_=f"Not installed: {_remedy(plugin)}"
        )
    return command


@contextmanager
def _missing_libraries_named(ctx: click.Context) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as exc:
        plugin = _plugins().get(ctx.invoked_subcommand or "")
        if plugin is None:
            raise
        raise MissingCommandError(_missing(plugin, exc)) from exc


def _missing(plugin: EntryPoint, error: ModuleNotFoundError) -> str:
    needs = f"`sealq {plugin.name}` needs {error.name}, which is not installed"
    return f"{needs}: {_remedy(plugin)}."


def _remedy(plugin: EntryPoint) -> str:
    return f"pip install 'sealq[{''.join(plugin.extras)}]'"


def _stand_in(name: str, missing: str, help_: str) -> click.Command:
    @click.command(name, help=help_, context_settings={"ignore_unknown_options": True})
    @click.argument("arguments", nargs=-1)
    def stand_in(arguments: tuple[str, ...]) -> None:
        del arguments
        raise MissingCommandError(missing)

    return stand_in


@click.group(cls=SealqGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sealq")
@click.option("--home", type=click.Path(path_type=Path), help="Folder of all that `run` keeps.")
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """Read the official seals in documents, in bulk.

    `sealq run FOLDER` does it all on this machine. `sealq submit`, `worker`, `status` and
    `results` work with a running stack.

    Exit codes: 0 all read, 1 some pages failed, 2 wrong use, 3 the stack can't be reached.
    """
    ctx.obj = load_settings(home=home)
    settings = ctx.obj.settings
    configure_logging(settings.log_level, settings.log_format)
