"""Which found box is which seal of the truth, on one page. Pure functions, no pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealbench.truth import (
    TRUE_CUT,
    TRUE_SEAL,
    TRUE_TAX_MARK,
    DistractorTruth,
    PageTruth,
    SealTruth,
)

#: x1, y1, x2, y2 in the pixels of the truth's page.
Box = tuple[float, float, float, float]

#: What a needless box may lie on.
Thing = SealTruth | DistractorTruth

#: Labels of a locator: a whole seal (the only one that is read), part of one, a tax bureau's mark.
SEAL, CUT_SEAL, TAX_MARK = "seal", "cut_seal", "tax_mark"

#: From this IoU on a box counts as that of a cut seal, at whatever threshold whole seals are asked
#: for: how tightly it sits says nothing of the whole ones.
NEUTRAL_IOU = 0.5

#: Share of the smaller of two boxes that lies in the other, from which one explains the other.
_EXPLAINING_SHARE = 0.25


@dataclass(frozen=True)
class Found:
    """A box that the pipeline reports."""

    label: str
    box: Box
    #: 0 to 1.
    score: float
    #: Texts read in it, in the pipeline's order.
    lines: tuple[str, ...] = ()
    #: Which pass found it: `layout`, `second_look`, or `whole`.
    found_by: str = "layout"


@dataclass(frozen=True)
class Pair:
    """A found box and the seal that it is taken for."""

    seal: SealTruth
    found: Found
    iou: float


@dataclass(frozen=True)
class Alarm:
    """A found box where no seal of its label is, or one that was found before."""

    found: Found
    #: What it lies on; None: nothing that the truth knows.
    on: Thing | None


@dataclass(frozen=True)
class LabelMatch:
    """How the boxes of one label did on a page."""

    hits: tuple[Pair, ...]
    missed: tuple[SealTruth, ...]
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True)
class PageMatch:
    """How the boxes of each label did on a page."""

    whole: LabelMatch
    #: Hits are boxes of either label, `seal` or `cut_seal`; alarms those of `cut_seal` alone.
    cut: LabelMatch
    tax_mark: LabelMatch


def iou(a: Box, b: Box) -> float:
    """Return the area that two boxes share over the area that they cover."""
    shared = _shared(a, b)
    covered = _area(a) + _area(b) - shared
    return shared / covered if covered else 0.0


def assign(found: Iterable[Found], seals: Sequence[SealTruth], threshold: float) -> list[Pair]:
    """Pair boxes with seals, each at most once.

    The surest box chooses first, and takes the seal on which it lies best.

    Args:
        found: Boxes of any label.
        seals: What may be paired with them.
        threshold: Least IoU of a pair.
    """
    free = list(seals)
    pairs = []
    for box in sorted(found, key=lambda box: -box.score):
        best = max(free, key=lambda seal: iou(box.box, seal.box), default=None)
        if best is not None and iou(box.box, best.box) >= threshold:
            free.remove(best)
            pairs.append(Pair(best, box, iou(box.box, best.box)))
    return pairs


def match_page(truth: PageTruth, found: Sequence[Found], threshold: float) -> PageMatch:
    """Judge what was found on a page.

    A box labelled `seal` that lies on a cut seal is neither a hit nor an alarm among whole seals.
    Boxes of labels that the bench does not know count for nothing.

    Args:
        truth: What is on the page.
        found: What was found, in the truth's frame.
        threshold: Least IoU of a hit.
    """
    whole = _match_whole(truth, found, threshold)
    taken = {id(pair.found) for pair in whole.hits}
    left = [box for box in found if id(box) not in taken]
    return PageMatch(
        whole,
        _match(truth, TRUE_CUT, left, (CUT_SEAL, SEAL), threshold),
        _match(truth, TRUE_TAX_MARK, found, (TAX_MARK,), threshold),
    )


def _match_whole(truth: PageTruth, found: Sequence[Found], threshold: float) -> LabelMatch:
    boxes = _labelled(found, SEAL)
    cut = _true(truth, TRUE_CUT)
    # Cut seals compete: a box that lies better on one must not be pressed onto a whole one beside.
    pairs = assign(boxes, [*truth.whole_seals, *cut], threshold)
    paired = {id(pair.found) for pair in pairs}
    spare = [box for box in boxes if id(box) not in paired and not _is_on(box, cut)]
    return LabelMatch(
        tuple(pair for pair in pairs if pair.seal.label == TRUE_SEAL),
        _missed(truth.whole_seals, pairs),
        tuple(Alarm(box, _culprit(truth, box)) for box in spare),
    )


def _match(
    truth: PageTruth, label: str, found: Sequence[Found], labels: tuple[str, ...], threshold: float
) -> LabelMatch:
    """Match one kind of truth with boxes of some labels; only those of the first give alarms."""
    seals = _true(truth, label)
    pairs = assign(_labelled(found, *labels), seals, threshold)
    paired = {id(pair.found) for pair in pairs}
    spare = [box for box in _labelled(found, labels[0]) if id(box) not in paired]
    alarms = tuple(Alarm(box, _culprit(truth, box)) for box in spare)
    return LabelMatch(tuple(pairs), _missed(seals, pairs), alarms)


def _labelled(found: Sequence[Found], *labels: str) -> list[Found]:
    return [box for box in found if box.label in labels]


def _true(truth: PageTruth, label: str) -> list[SealTruth]:
    return [seal for seal in truth.seals if seal.label == label]


def _missed(seals: Sequence[SealTruth], pairs: Sequence[Pair]) -> tuple[SealTruth, ...]:
    seen = {id(pair.seal) for pair in pairs}
    return tuple(seal for seal in seals if id(seal) not in seen)


def _is_on(box: Found, seals: Sequence[SealTruth]) -> bool:
    return any(iou(box.box, seal.box) >= NEUTRAL_IOU for seal in seals)


def _culprit(truth: PageTruth, box: Found) -> Thing | None:
    """Return what a needless box lies on most."""
    things: tuple[Thing, ...] = (*truth.seals, *truth.distractors)
    best = max(things, key=lambda thing: _common_share(box.box, thing.box), default=None)
    explains = best is not None and _common_share(box.box, best.box) >= _EXPLAINING_SHARE
    return best if explains else None


def _common_share(a: Box, b: Box) -> float:
    smaller = min(_area(a), _area(b))
    return _shared(a, b) / smaller if smaller else 0.0


def _shared(a: Box, b: Box) -> float:
    return _area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def _area(box: Box) -> float:
    x1, y1, x2, y2 = box
    return max(0.0, x2 - x1) * max(0.0, y2 - y1)
