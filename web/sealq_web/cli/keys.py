"""`sealq keys`: make, list and revoke API keys."""

from __future__ import annotations

import click

from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import standard_output, write_table
from sealq_storage.api_keys import Scope, create_api_key, list_api_keys, revoke_api_key
from sealq_storage.sql.access_tables import ApiKey
from sealq_storage.sql.opening import open_database

pass_settings = click.make_pass_decorator(LoadedSettings)


@click.group()
def keys() -> None:
    """Make, list and revoke API keys of `sealq serve`."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.READ.value,
    show_default=True,
    help="read: look. submit: make and cancel jobs, too. admin: requeue dead letters, too.",
)
@click.option("--rate", type=click.IntRange(1, 1_000_000), help="Requests a minute; default: any.")
@pass_settings
def create(loaded: LoadedSettings, name: str, scope: str, rate: int | None) -> None:
    """Make a key and print it: this once, since only its hash is kept."""
    with open_database(loaded.settings.database) as database, database.sessions.begin() as session:
        made = create_api_key(session, name, Scope(scope), rate)
    click.echo(made.token)
    click.echo(f"Key {made.name}: keep it now, it can't be shown again.", err=True)


@keys.command("list")
@pass_settings
def list_(loaded: LoadedSettings) -> None:
    """List the keys, without what they are."""
    with open_database(loaded.settings.database) as database, database.queries.begin() as session:
        rows = [_shown(key) for key in list_api_keys(session)]
    write_table(rows, standard_output(), empty="no keys: `sealq keys create NAME` makes one")


@keys.command()
@click.argument("name")
@pass_settings
def revoke(loaded: LoadedSettings, name: str) -> None:
    """End a key for good; logins with it end too."""
    with open_database(loaded.settings.database) as database, database.sessions.begin() as session:
        revoke_api_key(session, name)
    click.echo(f"Key {name} is revoked.", err=True)


def _shown(key: ApiKey) -> dict[str, str]:
    return {
        "name": key.name,
        "scope": key.scope,
        "rate": str(key.rate or "any"),
        "created": f"{key.created_at:%Y-%m-%d %H:%M}",
        "last used": f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
        "revoked": f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "",
    }
