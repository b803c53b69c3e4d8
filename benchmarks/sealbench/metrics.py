"""All figures of a run over the bench."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sealbench.figures import Share
from sealbench.finding import Case, Finding, SlicedFinding, cases_of, finding, sliced
from sealbench.match import CUT_SEAL, Alarm, PageMatch, Thing, match_page
from sealbench.outcome import PageOutcome
from sealbench.reading import Reading, reading, text_cases
from sealbench.second_look import SecondLookFigures, second_look
from sealbench.truth import TRUE_TAX_MARK, SealTruth

#: The IoU at which alarms are counted and texts looked up.
LOOSE = 0.5

#: Least IoU of a hit: all figures of finding are given at each.
THRESHOLDS = (LOOSE, 0.75)


@dataclass(frozen=True)
class FalseAlarms:
    """What is taken for a seal and is none."""

    #: Pages with no seal, whole or cut; the tax bureau's printed mark is none.
    sealless_pages: int
    #: Boxes labelled `seal` on them.
    seal: int
    #: Boxes labelled `cut_seal` on them.
    cut_seal: int
    #: Boxes labelled `seal` for each 100 of them.
    per_100_pages: float | None
    #: Boxes labelled `seal` on them, by what they lie on.
    causes: Mapping[str, int]
    #: Boxes labelled `seal` on all pages, by what they lie on; `seal`: on one found already, or
    #: too loose for a hit.
    causes_everywhere: Mapping[str, int]
    #: Things that are no seals, on all pages, and how many of each kind were taken for one.
    taken: Mapping[str, Share]


@dataclass(frozen=True)
class Cut:
    """How seals cut by the page's edge were found: as such, or as whole ones."""

    #: Recall: by either label. Precision: of boxes labelled `cut_seal`.
    all: Finding
    #: Those found under their own label.
    named: Share
    #: Recall by either label, by name and value of the slice.
    recall_by: Mapping[str, Mapping[str, Share]]


@dataclass(frozen=True)
class Quality:
    """All figures."""

    pages: int
    #: Pages that could not be read, each with its reason.
    failed: Sequence[str]
    #: Finding of whole seals, by IoU.
    whole: Mapping[float, SlicedFinding]
    #: By IoU.
    cut: Mapping[float, Cut]
    #: By IoU.
    tax_mark: Mapping[float, Finding]
    false_alarms: FalseAlarms
    texts: Reading
    #: None where no page was looked at again.
    second_look: SecondLookFigures | None
    #: Median seconds of a page, by stage.
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Judged:
    """A page and how its boxes did at one IoU."""

    outcome: PageOutcome
    match: PageMatch


def judge(outcomes: Iterable[PageOutcome], threshold: float) -> list[Judged]:
    """Match every page."""
    return [
        Judged(outcome, match_page(outcome.truth, outcome.found, threshold)) for outcome in outcomes
    ]


def measure(outcomes: Sequence[PageOutcome]) -> Quality:
    """Compute all figures of a run."""
    judged = {threshold: judge(outcomes, threshold) for threshold in THRESHOLDS}
    loose = judged[LOOSE]
    return Quality(
        pages=len(outcomes),
        failed=[f"{o.file}, page {o.page}: {o.error}" for o in outcomes if o.error],
        whole={at: sliced(_whole_cases(pages)) for at, pages in judged.items()},
        cut={at: _cut(pages) for at, pages in judged.items()},
        tax_mark={at: _tax_marks(pages) for at, pages in judged.items()},
        false_alarms=_false_alarms(loose),
        second_look=second_look([(page.outcome, page.match) for page in loose]),
        texts=reading([case for page in loose for case in text_cases(page.match.whole)]),
        seconds=_medians(outcomes),
    )


def cause(alarm: Alarm) -> str:
    """Name what a false alarm lies on: a label of the truth, a kind of distractor, or `nothing`."""
    if alarm.on is None:
        return "nothing"
    return _kind(alarm.on)


def _kind(thing: Thing) -> str:
    return thing.label if isinstance(thing, SealTruth) else thing.kind


def _whole_cases(pages: Iterable[Judged]) -> list[Case]:
    return [case for page in pages for case in cases_of(page.outcome, page.match.whole)]


def _tax_marks(pages: Iterable[Judged]) -> Finding:
    return finding([case for page in pages for case in cases_of(page.outcome, page.match.tax_mark)])


def _cut(pages: Sequence[Judged]) -> Cut:
    cases = [case for page in pages for case in cases_of(page.outcome, page.match.cut)]
    pairs = [pair for page in pages for pair in page.match.cut.hits]
    named = sum(pair.found.label == CUT_SEAL for pair in pairs)
    alarms = sum(case.kind == "alarm" for case in cases)
    by_either = sliced(cases)
    recall = by_either.all.recall
    return Cut(
        Finding(recall, Share(named, named + alarms), by_either.all.mean_iou),
        Share(named, recall.of),
        {
            name: {value: finding.recall for value, finding in slices.items()}
            for name, slices in by_either.by.items()
        },
    )


def _false_alarms(pages: Sequence[Judged]) -> FalseAlarms:
    sealless = [page for page in pages if page.outcome.sealless]
    alarms = [alarm for page in sealless for alarm in page.match.whole.alarms]
    return FalseAlarms(
        sealless_pages=len(sealless),
        seal=len(alarms),
        cut_seal=sum(len(page.match.cut.alarms) for page in sealless),
        per_100_pages=100 * len(alarms) / len(sealless) if sealless else None,
        causes=_causes(alarms),
        causes_everywhere=_causes(alarm for page in pages for alarm in page.match.whole.alarms),
        taken=_taken(pages),
    )


def _causes(alarms: Iterable[Alarm]) -> dict[str, int]:
    return dict(Counter(cause(alarm) for alarm in alarms).most_common())


def _taken(pages: Iterable[Judged]) -> dict[str, Share]:
    """Count the things that are no seals, and those on which an alarm lies."""
    there: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for page in pages:
        truth = page.outcome.truth
        marks = (seal for seal in truth.seals if seal.label == TRUE_TAX_MARK)
        things: tuple[Thing, ...] = (*marks, *truth.distractors)
        blamed = [alarm.on for alarm in page.match.whole.alarms]
        for thing in things:
            there[_kind(thing)] += 1
            taken[_kind(thing)] += thing in blamed
    return {kind: Share(taken[kind], there[kind]) for kind in sorted(there)}


def _medians(outcomes: Iterable[PageOutcome]) -> dict[str, float]:
    stages: defaultdict[str, list[float]] = defaultdict(list)
    for outcome in outcomes:
        for stage, seconds in outcome.seconds.items():
            stages[stage].append(seconds)
    return {stage: statistics.median(values) for stage, values in stages.items()}
