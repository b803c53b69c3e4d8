"""What a second look is worth: `python -m locator.second_look MODEL`.

Its figures are what `sealq_worker.second_look` rests on: what is in doubt, how much two looks need,
and how surely a page is empty on which nothing counted.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from locator.compare import founds, paddlex_module
from locator.thresholds import HEAD, line_of
from sealbench.fonts import Split
from sealbench.metrics import measure
from sealbench.outcome import PageOutcome
from sealbench.pages import make_page
from sealq_worker.second_look import LookAgain, Looked

#: Lower ends of the bins of the best score on a page that did not count.
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)


@dataclass(frozen=True)
class BothLooks:
    """A page, looked at once, and again where that left a doubt.

    Attributes:
        first: What counted at the first look.
        both: What counted in the end.
        looked: How it was looked at.
    """

    first: PageOutcome
    both: PageOutcome
    looked: Looked

    @property
    def is_empty(self) -> bool:
        """Whether no whole seal stands on it."""
        return not self.both.truth.whole_seals


def both_looks(model: Path, seeds: range, split: Split) -> Iterator[BothLooks]:
    """Look at pages."""
    module = paddlex_module(model)
    look = LookAgain(module)
    for number, seed in enumerate(seeds, 1):
        page = make_page(seed, split)
        (first,), (both,) = module([page.image]), look([page.image])
        assert look.looked is not None  # noqa: S101 (it has just looked)
        once, twice = (
            PageOutcome("", number, "array", page.truth, tuple(founds(result["boxes"])), {})
            for result in (first, both)
        )
        yield BothLooks(once, twice, look.looked)


def print_figures(pages: Sequence[BothLooks]) -> None:
    """Print what each look found, what the second one costs, and how surely pages are empty."""
    click.echo(f"            {HEAD}")
    click.echo(f"first look  {line_of(measure([page.first for page in pages]))}")
    click.echo(f"both looks  {line_of(measure([page.both for page in pages]))}")
    seconds = [page.looked.seconds for page in pages if page.looked.seconds is not None]
    median = f"{statistics.median(seconds):.3f} s each (median)" if seconds else "never"
    click.echo(f"{len(seconds)} of {len(pages)} pages were looked at twice, {median}")
    click.echo("best score    pages    hold no seal")
    called = [page for page in pages if not page.looked.has_seal]
    for lower, upper in zip(BINS, (*BINS[1:], 1.01), strict=True):
        within = [page for page in called if lower <= page.looked.best < upper]
        empty = sum(page.is_empty for page in within)
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
    print_figures(list(both_looks(model, range(first, first + pages), split)))


if __name__ == "__main__":
    main()
