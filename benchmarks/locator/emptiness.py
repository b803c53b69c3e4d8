"""What a second look at pages without a found seal says: `python -m locator.emptiness MODEL`.

Its figures are what `sealq_worker.second_look` rests on: the score from which a seal counts, and
how surely a page is empty on which none did.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from locator.compare import paddlex_module
from sealbench.fonts import Split
from sealbench.match import iou
from sealbench.pages import make_page
from sealbench.truth import PageTruth
from sealq_worker.second_look import has_seal, look_closer

#: Scores that are tried as the one from which a seal counts.
ENOUGH = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

#: Lower ends of the bins of the best score on a page.
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)

#: IoU from which a box is on a seal.
_HIT = 0.5


@dataclass(frozen=True)
class Seeming:
    """A page on which the first look found no seal.

    Attributes:
        truth: What stands on it.
        boxes: All that the second look half believes, with their scores.
        seconds: What the second look took.
    """

    truth: PageTruth
    boxes: Sequence[dict[str, Any]]
    seconds: float

    @property
    def best(self) -> float:
        """Score of the surest box, 0 where there is none."""
        return max((box["score"] for box in self.boxes), default=0.0)

    @property
    def empty(self) -> bool:
        """Whether no whole seal stands on it."""
        return not self.truth.whole_seals

    def hits(self, enough: float) -> tuple[int, int]:
        """Return how many seals are found from a score on, and how many boxes are on none."""
        kept = [box["coordinate"] for box in self.boxes if box["score"] >= enough]
        found = sum(
            any(iou(tuple(box), seal.box) >= _HIT for box in kept)
            for seal in self.truth.whole_seals
        )
        return found, len(kept) - found


def seeming(model: Path, seeds: range, split: Split) -> Iterator[Seeming]:
    """Look at pages; yield those on which the first look finds no seal."""
    module = paddlex_module(model)
    for seed in seeds:
        page = make_page(seed, split)
        (first,) = module([page.image])
        if not has_seal(first["boxes"]):
            looked = look_closer(module, page.image, enough=0.0)
            yield Seeming(page.truth, looked.boxes, looked.seconds)


def print_figures(pages: Sequence[Seeming], of: int) -> None:
    """Print what the second look costs, and what each score would gain."""
    missed = sum(len(page.truth.whole_seals) for page in pages)
    median = statistics.median(page.seconds for page in pages)
    click.echo(f"{len(pages)} of {of} pages seemed empty; a second look takes {median:.3f} s")
    click.echo("from score    seals found    boxes on none")
    for enough in ENOUGH:
        found, alarms = (
            sum(values) for values in zip(*(p.hits(enough) for p in pages), strict=True)
        )
        click.echo(f"{enough:10.2f}  {found:6} of {missed:<4}  {alarms:12}")
    click.echo("best score    pages    hold no seal")
    for lower, upper in zip(BINS, (*BINS[1:], 1.01), strict=True):
        within = [page for page in pages if lower <= page.best < upper]
        empty = sum(page.empty for page in within)
        share = f"{empty / len(within):.3f}" if within else "-"
        click.echo(f"{lower:10.2f}  {len(within):7}  {share:>12}")


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.option("--pages", default=1000, show_default=True, help="Pages to draw.")
@click.option(
    "--first",
    default=3_000_000,
    show_default=True,
    help="Seed of the first page: none of the bench's.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "held_out"]),
    default="held_out",
    show_default=True,
    help="Training pages show what is rare more often than an archive does.",
)
def main(model: Path, pages: int, first: int, split: Split) -> None:
    """Say what a second look gains with MODEL, and how surely empty pages are empty."""
    print_figures(list(seeming(model, range(first, first + pages), split)), pages)


if __name__ == "__main__":
    main()
