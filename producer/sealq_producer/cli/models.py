"""`sealq models`: which models there are, fetch them, check them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from sealq_configs.model_cache import FONT, ModelCache
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset, preset_names
from sealq_configs.settings import LoadedSettings
from sealq_configs.terminal import standard_output, write_table
from sealq_producer.cli.options import pass_settings

#: Exit code of `verify` when a file is missing or damaged.
NOT_WHOLE = 1

preset_option = click.option("--preset", help="The preset meant; default: the preset in use.")


@click.group()
def models() -> None:
    """List, fetch and check the models that presets need."""


@models.command("list")
@pass_settings
def list_(loaded: LoadedSettings) -> None:
    """Show each preset's models: where they come from, and whether they are here."""
    cache = ModelCache(loaded.settings.models_dir)
    write_table(_rows(cache), standard_output())
    click.echo(f"Catalogued models lie in {cache.folder}", err=True)


@models.command()
@click.argument("names", nargs=-1)
@preset_option
@pass_settings
def pull(loaded: LoadedSettings, names: Sequence[str], preset: str | None) -> None:
    """Fetch models (all of a preset, or by name) and the font for pictures."""
    cache = ModelCache(loaded.settings.models_dir)
    wanted = list(names) or _catalogued(preset or loaded.settings.preset)
    cache.pull(wanted, lambda line: click.echo(line, err=True))
    click.echo(f"Here: {', '.join(wanted)} ({cache.folder})", err=True)


@models.command()
@click.argument("names", nargs=-1)
@preset_option
@click.pass_context
@pass_settings
def verify(
    loaded: LoadedSettings, ctx: click.Context, /, *, names: Sequence[str], preset: str | None
) -> None:
    """Read every file of models (all of a preset, or by name) and compare its sha256."""
    wanted = list(names) or _catalogued(preset or loaded.settings.preset)
    statuses = ModelCache(loaded.settings.models_dir).verify(wanted)
    rows = (
        {"model": status.name, "file": file.name, "state": file.state, "sha256": file.sha256}
        for status in statuses
        for file in status.files
    )
    write_table(rows, standard_output())
    ctx.exit(0 if all(status.here for status in statuses) else NOT_WHOLE)


def _catalogued(preset: str) -> list[str]:
    """Return what the catalogue has of a preset's models, and the font."""
    return [*load_preset(preset).spec(PredictParameters()).catalogued(), FONT]


def _rows(cache: ModelCache) -> Iterator[dict[str, str]]:
    for name in preset_names():
        spec = load_preset(name).spec(PredictParameters())
        for model in cache.preset_models(spec):
            yield {
                "preset": name,
                "does": model.slot,
                "model": model.model_name,
                "from": model.source,
                "here": "yes" if model.here else "no",
            }
    for status in cache.status([FONT]):
        yield {
            "preset": "all",
            "does": "font of pictures",
            "model": status.name,
            "from": status.source,
            "here": "yes" if status.here else "no",
        }
