"""How well seals are found, over all pages and slice by slice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sealbench.figures import Mean, Share, mean
from sealbench.match import Alarm, LabelMatch
from sealbench.outcome import PageOutcome
from sealbench.truth import TRUE_SEAL, SealTruth

#: Upper ends, in degrees off upright, of the slices of rotation.
_ROTATIONS = (15, 45, 135, 180)

_FULL_TURN = 360


@dataclass(frozen=True)
class Finding:
    """How well a set of seals was found."""

    recall: Share
    precision: Share
    #: Of the hits.
    mean_iou: Mean


@dataclass(frozen=True)
class SlicedFinding:
    """How well all seals were found, and those of each slice: `by["ink"]["blue"]`."""

    all: Finding
    by: Mapping[str, Mapping[str, Finding]]


@dataclass(frozen=True)
class Case:
    """A seal that was found or missed, or a false alarm."""

    kind: Literal["hit", "missed", "alarm"]
    page: PageOutcome
    #: Of an alarm: the whole seal on which it lies, if it does.
    seal: SealTruth | None
    #: Of a hit.
    iou: float | None = None


def cases_of(page: PageOutcome, match: LabelMatch) -> Iterator[Case]:
    """Yield what a page adds to the figures."""
    for pair in match.hits:
        yield Case("hit", page, pair.seal, pair.iou)
    for seal in match.missed:
        yield Case("missed", page, seal)
    for alarm in match.alarms:
        yield Case("alarm", page, _whole_seal(alarm))


def finding(cases: Sequence[Case]) -> Finding:
    """Sum up cases."""
    hits = [case.iou for case in cases if case.iou is not None]
    missed = sum(case.kind == "missed" for case in cases)
    alarms = sum(case.kind == "alarm" for case in cases)
    return Finding(
        Share(len(hits), len(hits) + missed), Share(len(hits), len(hits) + alarms), mean(hits)
    )


def sliced(cases: Sequence[Case]) -> SlicedFinding:
    """Sum up cases, all together and by slice.

    Slices of pages and, but for `position`, of seals add up to the whole. An alarm counts in a
    slice of seals only where it lies on a seal of that slice.
    """
    return SlicedFinding(
        finding(cases), {name: _by(cases, slice_of) for name, slice_of in SLICES.items()}
    )


def rotation_slice(rotation: float) -> str:
    """Name the slice of a rotation in degrees, either way round: `0-15`, `15-45`, ..."""
    turned = abs(rotation) % _FULL_TURN
    off = min(turned, _FULL_TURN - turned)
    lower = 0
    for upper in _ROTATIONS:
        if off <= upper:
            break
        lower = upper
    return f"{lower}-{upper}"


def _whole_seal(alarm: Alarm) -> SealTruth | None:
    on = alarm.on
    return on if isinstance(on, SealTruth) and on.label == TRUE_SEAL else None


def _by(cases: Iterable[Case], slice_of: Callable[[Case], Iterable[object]]) -> dict[str, Finding]:
    groups: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        for name in slice_of(case):
            groups[str(name)].append(case)
    return {name: finding(groups[name]) for name in sorted(groups)}


def _of_seal(key: Callable[[SealTruth], Iterable[object]]) -> Callable[[Case], Iterable[object]]:
    return lambda case: () if case.seal is None else key(case.seal)


#: The slices in which a case counts, by what is sliced.
SLICES: Mapping[str, Callable[[Case], Iterable[object]]] = {
    "shape": _of_seal(lambda seal: (seal.shape,)),
    "ink": _of_seal(lambda seal: (seal.ink,)),
    "position": _of_seal(lambda seal: seal.position),
    "rotation": _of_seal(lambda seal: (rotation_slice(seal.rotation),)),
    "page": lambda case: (case.page.truth.kind,),
    "capture": lambda case: (case.page.truth.capture,),
    "turn": lambda case: (case.page.truth.turn,),
    "file": lambda case: (case.page.file_kind,),
}
