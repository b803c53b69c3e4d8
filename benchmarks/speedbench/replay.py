"""The models' own time: their inputs are taken down as PaddleX prepares them, then run again.

A program, started once per core: `python -m speedbench.replay PIPELINE --part 0 --of 2 FOLDER`.
Prints a line of JSON per page: its file, its number, seconds by model, calls by model.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from sealq_worker.paddlex_env import import_paddlex
from sealq_worker.paddlex_parts import stages_of

#: A call of a model: its name, what runs it, its input.
Call = tuple[str, Callable[..., Any], Any]

#: The attributes in which PaddleX's pipelines keep their models.
_MODELS = {
    "orientation": "doc_ori_classify_model",
    "unwarping": "doc_unwarping_model",
    "locator": "layout_det_model",
    "detector": "text_det_model",
    "recogniser": "text_rec_model",
}


class Recorder:
    """Stands in a predictor for what runs its model, and takes down each call."""

    def __init__(self, model: str, runner: Callable[..., Any], calls: list[Call]) -> None:
        self._model = model
        self._runner = runner
        self._calls = calls

    def __call__(self, x: Any) -> Any:
        """Run the model."""
        self._calls.append((self._model, self._runner, x))
        return self._runner(x=x)


def recorded(pipeline: Any) -> list[Call]:
    """Put recorders into a loaded seal pipeline and return the list that they fill."""
    calls: list[Call] = []
    stages = stages_of(pipeline)
    owners = (stages, stages.doc_preprocessor_pipeline, stages.seal_ocr_pipeline)
    for model, attribute in _MODELS.items():
        for owner in owners:
            predictor = getattr(owner, attribute, None)
            if predictor is not None:
                predictor.runner = Recorder(model, predictor.runner, calls)
    return calls


def replayed(calls: list[Call]) -> tuple[dict[str, float], dict[str, int]]:
    """Run the models again, back to back, and return seconds and calls of each."""
    seconds: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for model, runner, x in calls:
        started = time.perf_counter()
        runner(x=x)
        seconds[model] += time.perf_counter() - started
        counts[model] += 1
    return dict(seconds), dict(counts)


def pages(pipeline: Any, folder: Path, files: list[Path]) -> Iterator[dict[str, Any]]:
    """Yield what the models take for each page of some files of a folder."""
    calls = recorded(pipeline)
    for file in files:
        for number, _ in enumerate(pipeline.predict(str(file)), start=1):
            seconds, counts = replayed(calls)
            calls.clear()
            name = file.relative_to(folder).as_posix()
            yield {"file": name, "page": number, "seconds": seconds, "calls": counts}


@click.command()
@click.argument("pipeline", type=click.Path(path_type=Path))
@click.option("--part", type=int, required=True, help="Take every so many-th file, from this on.")
@click.option("--of", "parts", type=int, required=True, help="So many programs share the files.")
@click.argument("folder", type=click.Path(path_type=Path))
def main(pipeline: Path, part: int, parts: int, folder: Path) -> None:
    """Print what the models take for each page of a folder."""
    loaded = import_paddlex(None).create_pipeline(pipeline=str(pipeline), device="cpu")
    files = sorted(file for file in folder.glob("*/*"))[part::parts]
    for page in pages(loaded, folder, files):
        click.echo(json.dumps(page))


if __name__ == "__main__":
    main()
