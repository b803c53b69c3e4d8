"""Write the mean of several recognisers: `python -m recogniser.mean --help`.

Runs that began with one another err differently where they are in doubt. The mean of their weights
is as good as the best of them, and less given to the errors of one.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import onnx
from onnx import numpy_helper

from recogniser.errors import RecogniserError


def mean_of(models: Sequence[onnx.ModelProto]) -> onnx.ModelProto:
    """Return a model with the mean of all models' weights; whole numbers are the first one's.

    Raises:
        RecogniserError: One has other weights than the first.
    """
    mean, *others = copy.deepcopy(list(models))
    several = [{tensor.name: tensor for tensor in model.graph.initializer} for model in others]
    for tensor in mean.graph.initializer:
        values = [numpy_helper.to_array(tensor)]
        for weights in several:
            other = weights.get(tensor.name)
            if other is None or other.dims != tensor.dims:
                raise RecogniserError(f"{tensor.name}: not all models have it, of one shape")
            values.append(numpy_helper.to_array(other))
        if np.issubdtype(values[0].dtype, np.floating):
            middle = np.mean(values, axis=0, dtype=np.float64).astype(values[0].dtype)
            tensor.CopyFrom(numpy_helper.from_array(middle, tensor.name))
    return mean


@click.command()
@click.argument("models", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Gets the model.")
def main(models: tuple[Path, ...], out: Path) -> None:
    """Write the mean of the recognisers in the folders MODELS, each of which counts alike."""
    try:
        mean = mean_of([onnx.load(folder / "inference.onnx") for folder in models])
    except RecogniserError as exc:
        raise click.ClickException(str(exc)) from exc
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(mean, out / "inference.onnx")
    shutil.copy(models[0] / "inference.yml", out)


if __name__ == "__main__":
    main()
