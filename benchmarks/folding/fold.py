"""Write a folded model: `python -m folding.fold --help`."""

from __future__ import annotations

from pathlib import Path

import click
import onnx

from folding.passes import folded

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("model", type=_FILE)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def main(model: Path, out: Path) -> None:
    """Write what computes the same as the ONNX file MODEL, in fewer steps, to OUT."""
    onnx.save(folded(onnx.load(model)), out)
    click.echo(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
