"""Do scores mean what they say? Reported texts by their score, and how many of them are exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sealbench.figures import Mean, Share, mean
from sealbench.reading_figures import ReportedText
from sealq_worker.careful.calibration import RELIABLE

_BINS = 10

#: Pixels: side of the plot, and what is left around it for words.
_SIDE, _MARGIN = 360, 50


@dataclass(frozen=True)
class Decile:
    """Texts with scores from `low` to below `low` + 0.1; a score of 1 is in the last."""

    low: float
    score: Mean
    exact: Share


@dataclass(frozen=True)
class Curve:
    """Calibration of a set of texts."""

    deciles: Sequence[Decile]
    #: Texts with a score of `RELIABLE` or more.
    reliable: Share
    #: Mean distance between score and exactness over the deciles, each weighing as many as it has.
    error: float | None


def curve(texts: Iterable[ReportedText]) -> Curve:
    """Sum up texts by score."""
    texts = list(texts)
    deciles = [_decile(texts, number) for number in range(_BINS)]
    sure = [text for text in texts if text.score >= RELIABLE]
    return Curve(
        deciles, Share(sum(text.exact for text in sure), len(sure)), _error(deciles, len(texts))
    )


def write_svg(curve: Curve, path: Path) -> None:
    """Draw score against exactness; a dot's area is how many texts it stands for."""
    path.write_text("\n".join(_svg(curve)) + "\n", encoding="utf-8")


def _decile(texts: Iterable[ReportedText], number: int) -> Decile:
    here = [text for text in texts if min(int(text.score * _BINS), _BINS - 1) == number]
    exact = Share(sum(text.exact for text in here), len(here))
    return Decile(number / _BINS, mean([text.score for text in here]), exact)


def _error(deciles: Iterable[Decile], count: int) -> float | None:
    if not count:
        return None
    gaps = (
        decile.exact.of * abs(decile.score.value - decile.exact.value)
        for decile in deciles
        if decile.score.value is not None and decile.exact.value is not None
    )
    return sum(gaps) / count


def _svg(curve: Curve) -> Iterator[str]:
    whole = _SIDE + 2 * _MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" '
        'font-family="sans-serif" font-size="12">'
    )
    yield f'<rect width="{whole}" height="{whole}" fill="white"/>'
    yield from _frame()
    for decile in curve.deciles:
        if decile.score.value is not None and decile.exact.value is not None:
            yield from _dot(decile.score.value, decile.exact.value, decile.exact.of)
    yield "</svg>"


def _frame() -> Iterator[str]:
    left, top, right, bottom = _x(0), _y(1), _x(1), _y(0)
    yield (
        f'<path d="M{left} {top}V{bottom}H{right}M{left} {bottom}L{right} {top}" '
        'fill="none" stroke="#999"/>'
    )
    for tick in (0.0, 0.5, 1.0):
        yield f'<text x="{_x(tick)}" y="{bottom + 18}" text-anchor="middle">{tick}</text>'
        yield f'<text x="{left - 8}" y="{_y(tick) + 4}" text-anchor="end">{tick}</text>'
    yield f'<text x="{_x(0.5)}" y="{bottom + 38}" text-anchor="middle">score</text>'
    yield f'<text x="{left}" y="{top - 14}">share of texts that are exact (number of texts)</text>'


def _dot(score: float, exact: float, count: int) -> Iterator[str]:
    radius = 2 + count**0.5 / 2
    yield f'<circle cx="{_x(score)}" cy="{_y(exact)}" r="{radius:.1f}" fill="#c33" opacity="0.6"/>'
    yield f'<text x="{_x(score) + radius + 3:.1f}" y="{_y(exact) + 4}">{count}</text>'


def _x(share: float) -> float:
    return round(_MARGIN + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_MARGIN + (1 - share) * _SIDE, 1)
