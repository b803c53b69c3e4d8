"""The worst of a run, chosen and put into words: what a person should look at first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sealbench.compare import NEAR, likeness
from sealbench.match import Box, Pair, iou
from sealbench.metrics import LOOSE, Judged, cause, judge
from sealbench.outcome import PageOutcome
from sealbench.truth import SealTruth


@dataclass(frozen=True)
class Miss:
    """One thing that went wrong on a page."""

    outcome: PageOutcome
    #: Around what is to be looked at, in the truth's frame.
    box: Box
    #: What happened, in words.
    words: str
    #: The smaller, the worse.
    rank: float


def misses(outcomes: Iterable[PageOutcome]) -> dict[str, list[Miss]]:
    """Return all that went wrong at the IoU at which texts are looked up, the worst first."""
    pages = judge(outcomes, LOOSE)
    kinds = {
        "Seals that were missed": _missed,
        "False alarms": _alarms,
        "Seals that were found and not read": _unread,
        "Cut seals that were missed": _missed_cut,
        "The loosest boxes": _loose,
    }
    return {
        name: sorted((miss for page in pages for miss in kind(page)), key=lambda miss: miss.rank)
        for name, kind in kinds.items()
    }


def _missed(page: Judged) -> Iterator[Miss]:
    return _not_found(page.outcome, page.match.whole.missed)


def _missed_cut(page: Judged) -> Iterator[Miss]:
    return _not_found(page.outcome, page.match.cut.missed)


def _not_found(outcome: PageOutcome, seals: Sequence[SealTruth]) -> Iterator[Miss]:
    for seal in seals:
        near = max((iou(box.box, seal.box) for box in outcome.found), default=0.0)
        words = f"{_describe(seal)}; nearest box has IoU {near:.2f}"
        # Among those with no box at all, the plainest to see stands first.
        yield Miss(outcome, seal.box, words, near - seal.visible)


def _alarms(page: Judged) -> Iterator[Miss]:
    for alarm in page.match.whole.alarms:
        words = f"score {alarm.found.score:.2f}, on {cause(alarm)}"
        yield Miss(page.outcome, alarm.found.box, words, -alarm.found.score)


def _unread(page: Judged) -> Iterator[Miss]:
    for pair in page.match.whole.hits:
        wanted = {text.text: likeness(text.text, pair.found.lines) for text in pair.seal.texts}
        if wanted and min(wanted.values()) < NEAR:
            says = " / ".join(wanted)
            read = " / ".join(pair.found.lines) or "nothing"
            words = f"{_describe(pair.seal)}; says {says}; read {read}"
            yield Miss(page.outcome, pair.seal.box, words, sum(wanted.values()) / len(wanted))


def _loose(page: Judged) -> Iterator[Miss]:
    for pair in page.match.whole.hits:
        yield Miss(page.outcome, pair.seal.box, _how_loose(pair), pair.iou)


def _how_loose(pair: Pair) -> str:
    return f"{_describe(pair.seal)}; IoU {pair.iou:.2f}, score {pair.found.score:.2f}"


def _describe(seal: SealTruth) -> str:
    turned = f"turned {seal.rotation:.0f}°"
    return ", ".join([f"{seal.ink} {seal.shape}", turned, *seal.position])
