"""Which score a box should need: `python -m locator.thresholds MODEL`.

The pages are of the training split, from seeds that no training draws: a threshold chosen on
held-out pages would flatter the figures that are measured there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import click

from locator.compare import outcomes, paddlex_finder
from sealbench.metrics import LOOSE, Quality, measure
from sealbench.outcome import PageOutcome
from sealbench.pages import make_page

#: Scores that are tried.
TRIED = tuple(step / 100 for step in range(30, 85, 5))

#: Least score of a box that is looked at.
LEAST = 0.2

#: What the columns of `line_of` are.
HEAD = "   recall precision       cut  tax mark alarms/100"


def with_threshold(found: Iterable[PageOutcome], threshold: float) -> Iterator[PageOutcome]:
    """Yield what had been found if boxes needed at least this score."""
    for page in found:
        boxes = tuple(box for box in page.found if box.score is None or box.score >= threshold)
        yield replace(page, found=boxes)


def line_of(quality: Quality) -> str:
    """Return the figures that a threshold moves, as a line of a table."""
    whole, cut = quality.whole[LOOSE].all, quality.cut[LOOSE].all
    shares = (whole.recall, whole.precision, cut.recall, quality.tax_mark[LOOSE].recall)
    figures = [f"{share.value or 0:9.3f}" for share in shares]
    return " ".join([*figures, f"{quality.false_alarms.per_100_pages or 0:9.1f}"])


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.option("--pages", default=300, show_default=True, help="Pages to draw.")
@click.option("--first", default=700_000, show_default=True, help="Seed of the first page.")
def main(model: Path, pages: int, first: int) -> None:
    """Print what MODEL finds at each threshold."""
    drawn = (make_page(seed, "train") for seed in range(first, first + pages))
    found = list(outcomes(paddlex_finder(model, threshold=LEAST), drawn))
    click.echo(f"threshold {HEAD}")
    for threshold in TRIED:
        figures = line_of(measure(list(with_threshold(found, threshold))))
        click.echo(f"{threshold:9.2f} {figures}")


if __name__ == "__main__":
    main()
