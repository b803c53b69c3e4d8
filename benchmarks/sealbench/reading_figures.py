"""How exactly fields are read, stock and careful side by side, all together and by slice."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealbench.compare import NEAR
from sealbench.expected import (
    FIELDS,
    LARGE,
    best_likeness,
    exact_fields,
    expected,
    is_clean,
    likeness_by_field,
)
from sealbench.figures import Share
from sealbench.finding import rotation_slice
from sealbench.reading import char_slice
from sealbench.side_by_side import SealOutcome
from sealbench.truth import SealTruth
from sealq_storage.readings import FieldName

#: Degrees off upright up to which a seal stands upright.
_UPRIGHT = "0-15"


@dataclass(frozen=True)
class FieldCase:
    """A field that a seal has, and how near each reader came to it, 0 to 1."""

    outcome: SealOutcome
    name: FieldName
    char_px: float
    stock: float
    careful: float


@dataclass(frozen=True)
class Compared:
    """How some fields were read."""

    stock_exact: Share
    careful_exact: Share
    stock_near: Share
    careful_near: Share


@dataclass(frozen=True)
class FieldFigures:
    """How one field was read."""

    all: Compared
    #: Characters of `LARGE` pixels or more.
    large: Compared
    #: Of those, clean ones; and clean ones that stand upright.
    clean: Compared
    clean_upright: Compared
    #: By name and value of the slice.
    by: Mapping[str, Mapping[str, Compared]]
    #: The same of large characters only.
    large_by: Mapping[str, Mapping[str, Compared]]


@dataclass(frozen=True)
class Cost:
    """What a seal cost.

    Attributes:
        stock_median: Seconds.
        careful_median: Seconds.
        stock_mean: Seconds.
        careful_mean: Seconds.
        ratio_of_medians: Careful over stock.
        ratio_of_means: Careful over stock.
        stock_passes: Runs of a model, mean.
        careful_passes: Runs of a model, mean.
    """

    stock_median: float
    careful_median: float
    stock_mean: float
    careful_mean: float
    ratio_of_medians: float
    ratio_of_means: float
    stock_passes: float
    careful_passes: float


@dataclass(frozen=True)
class ReportedText:
    """A text that the careful reader reports, its score, and whether it is exact."""

    name: FieldName
    score: float
    exact: bool


@dataclass(frozen=True)
class ReadingFigures:
    """All figures of a comparison but the calibration curve."""

    seals: int
    fields: Mapping[FieldName, FieldFigures]
    cost: Cost


def compare(outcomes: Sequence[SealOutcome]) -> ReadingFigures:
    """Compute all figures of a run over at least one seal."""
    cases = [case for outcome in outcomes for case in field_cases(outcome)]
    return ReadingFigures(
        len(outcomes),
        {name: _figures([case for case in cases if case.name == name]) for name in FIELDS},
        _cost(outcomes),
    )


def field_cases(outcome: SealOutcome) -> Iterator[FieldCase]:
    """Yield the fields of a seal. Stock knows no fields: any of its lines may be right."""
    said = outcome.careful.said
    careful = likeness_by_field(said, outcome.seal)
    for name, wanted in expected(outcome.seal).items():
        stock = best_likeness(wanted, outcome.stock.lines)
        yield FieldCase(outcome, name, wanted.char_px, stock, careful[name])


def reported(outcomes: Iterable[SealOutcome]) -> Iterator[ReportedText]:
    """Yield all texts that the careful reader reports, those that no seal bears among them."""
    for outcome in outcomes:
        texts = [field for field in outcome.careful.fields if field.text is not None]
        exact = exact_fields(outcome.careful.said, outcome.seal)
        for field in texts:
            yield ReportedText(field.name, field.score or 0.0, field.name in exact)


def _figures(cases: Sequence[FieldCase]) -> FieldFigures:
    large = [case for case in cases if case.char_px >= LARGE]
    clean = [case for case in large if is_clean(case.outcome.seal, case.outcome.page)]
    upright = [case for case in clean if _rotation(case) == _UPRIGHT]
    return FieldFigures(
        _compared(cases),
        _compared(large),
        _compared(clean),
        _compared(upright),
        _sliced(cases),
        _sliced(large),
    )


def _compared(cases: Sequence[FieldCase]) -> Compared:
    count = len(cases)
    return Compared(
        Share(sum(case.stock == 1 for case in cases), count),
        Share(sum(case.careful == 1 for case in cases), count),
        Share(sum(case.stock >= NEAR for case in cases), count),
        Share(sum(case.careful >= NEAR for case in cases), count),
    )


def _sliced(cases: Sequence[FieldCase]) -> dict[str, dict[str, Compared]]:
    return {name: _by(cases, key) for name, key in SLICES.items()}


def _by(
    cases: Iterable[FieldCase], key: Callable[[FieldCase], Iterable[str]]
) -> dict[str, Compared]:
    groups: defaultdict[str, list[FieldCase]] = defaultdict(list)
    for case in cases:
        for value in key(case):
            groups[value].append(case)
    return {value: _compared(groups[value]) for value in sorted(groups)}


def _rotation(case: FieldCase) -> str:
    return rotation_slice(case.outcome.seal.rotation)


def _of_seal(key: Callable[[SealTruth], Iterable[str]]) -> Callable[[FieldCase], Iterable[str]]:
    return lambda case: key(case.outcome.seal)


def _cost(outcomes: Sequence[SealOutcome]) -> Cost:
    stock = [outcome.stock.seconds for outcome in outcomes]
    careful = [outcome.careful.seconds for outcome in outcomes]
    medians = statistics.median(stock), statistics.median(careful)
    means = statistics.fmean(stock), statistics.fmean(careful)
    return Cost(
        *medians,
        *means,
        medians[1] / medians[0],
        means[1] / means[0],
        statistics.fmean(outcome.stock.passes for outcome in outcomes),
        statistics.fmean(outcome.careful.passes for outcome in outcomes),
    )


#: The slices in which a field counts, by what is sliced; a seal has several positions.
SLICES: Mapping[str, Callable[[FieldCase], Iterable[str]]] = {
    "shape": _of_seal(lambda seal: (seal.shape,)),
    "ink": _of_seal(lambda seal: (seal.ink,)),
    "position": _of_seal(lambda seal: seal.position),
    "rotation": lambda case: (_rotation(case),),
    "char_px": lambda case: (char_slice(case.char_px),),
    "capture": lambda case: (case.outcome.page.capture,),
    "clean": lambda case: ("yes" if is_clean(case.outcome.seal, case.outcome.page) else "no",),
}
