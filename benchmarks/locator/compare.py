"""How models find seals on held-out pages, as PaddleX runs them: `python -m locator.compare`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from learning.pictures import Pixels
from locator.contract import PADDLEX_NAME, THRESHOLDS
from sealbench.match import SEAL, Found
from sealbench.metrics import measure
from sealbench.outcome import PageOutcome
from sealbench.pages import BenchPage, make_page
from sealbench.report import print_report
from sealq_worker.paddlex_env import import_paddlex

#: Returns the boxes on a page (h, w, 3) uint8 BGR, in its pixels.
Finder = Callable[[Pixels], tuple[Found, ...]]


def paddlex_module(model: Path, threshold: float | None = None) -> Any:
    """Return PaddleX's layout module with a model, as sealq's presets set it up.

    Args:
        model: Folder with `inference.onnx` and `inference.yml`.
        threshold: Least score of a box, for one who wants to see what else there is: boxes in
            others are kept then, a doubtful one would hide a sure one. None: as in the presets.
    """
    return import_paddlex(font=None).create_model(
        PADDLEX_NAME,
        model_dir=str(model),
        engine="onnxruntime",
        engine_config={"intra_op_num_threads": 1},
        device="cpu",
        threshold=THRESHOLDS if threshold is None else threshold,
        layout_nms=True,
        layout_merge_bboxes_mode="large" if threshold is None else "union",
    )


def paddlex_finder(model: Path, threshold: float | None = None) -> Finder:
    """Return what finds seals with a model: see `paddlex_module`."""
    module = paddlex_module(model, threshold)
    return lambda page: tuple(founds(next(iter(module.predict(page)))["boxes"]))


def outcomes(find: Finder, pages: Iterable[BenchPage]) -> Iterator[PageOutcome]:
    """Look at pages, one at a time."""
    for number, page in enumerate(pages, 1):
        started = time.perf_counter()
        found = find(page.image)
        seconds = {"find": time.perf_counter() - started}
        yield PageOutcome("", number, "array", page.truth, found, seconds)


def print_real(find: Finder, folder: Path) -> None:
    """Print what is found on pictures whose truth stands in `truth.json` beside them."""
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    for name, truth in truths.items():
        if isinstance(truth, dict):
            _print_picture(find, folder / name, truth)


def founds(boxes: Iterable[Mapping[str, Any]]) -> Iterator[Found]:
    """Yield PaddleX's boxes as the bench has them."""
    for box in boxes:
        x1, y1, x2, y2 = map(float, box["coordinate"])
        yield Found(box["label"].lower(), (x1, y1, x2, y2), float(box["score"]))


def _print_picture(find: Finder, path: Path, truth: Mapping[str, Any]) -> None:
    image = np.asarray(cv2.imread(str(path)), np.uint8)
    click.echo(f"{path.name}, {image.shape[1]} x {image.shape[0]}:")
    whole = [0, 0, image.shape[1], image.shape[0]]
    expected = truth.get("seals", [{"box": whole}])
    for seal in expected:
        label = "cut seal" if seal.get("partial") else SEAL
        click.echo(f"  true  {label:9} {seal['box']}")
    for found in find(image):
        box = [round(value) for value in found.box]
        click.echo(f"  found {found.label:9} {box} {found.score:.2f}")


@click.command()
@click.argument("models", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True)
@click.option("--pages", default=100, show_default=True, help="Held-out pages to draw.")
@click.option("--first", default=1_000_000, show_default=True, help="Seed of the first page.")
@click.option(
    "--real",
    type=click.Path(exists=True, path_type=Path),
    help="Folder of pictures with truth.json: what is found there is printed too.",
)
def main(models: tuple[Path, ...], pages: int, first: int, real: Path | None) -> None:
    """Say how well each of MODELS finds seals."""
    drawn = [make_page(seed, "held_out") for seed in range(first, first + pages)]
    for model in models:
        find = paddlex_finder(model)
        click.echo(f"== {model}")
        print_report(measure(list(outcomes(find, drawn))), sys.stdout)
        if real is not None:
            print_real(find, real)


if __name__ == "__main__":
    main()
